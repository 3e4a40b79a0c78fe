; SPDX-License-Identifier: Apache-2.0
; The installer for Windows: for one user, without an administrator. packaging/windows gives VERSION, FILES (a folder
; laid out as it is installed), OUT, and the lists INSTALL and REMOVE, which it makes of FILES.
;   setup.exe /S [/D=C:\a folder]      asks nothing; exit code 0 done, 2 nothing was changed or what was is undone
Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
SetDateSave off
ManifestDPIAware true
ManifestLongPathAware true
RequestExecutionLevel user
AllowSkipFiles off

!include MUI2.nsh
!include WinVer.nsh
!include x64.nsh
!include FileFunc.nsh

!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Piaojue"
!define OURS "Software\Piaojue"
!define FOLDER "$SMPROGRAMS\票决"

Name "票决 Piaojue"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Piaojue"
InstallDirRegKey HKCU "${OURS}" "Folder"
BrandingText "Piaojue ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=0 ProductName "票决 Piaojue"
VIAddVersionKey /LANG=0 FileDescription "票决 Piaojue"
VIAddVersionKey /LANG=0 FileVersion "${VERSION}"
VIAddVersionKey /LANG=0 ProductVersion "${VERSION}"
VIAddVersionKey /LANG=0 LegalCopyright "Apache-2.0"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_NOAUTOCLOSE
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
; The first is the default, whatever Windows speaks.
!insertmacro MUI_LANGUAGE "SimpChinese"
!insertmacro MUI_LANGUAGE "English"

LangString Laptop ${LANG_SIMPCHINESE} "会议终端"
LangString Laptop ${LANG_ENGLISH} "Meeting Terminal"
LangString Office ${LANG_SIMPCHINESE} "评审办公室"
LangString Office ${LANG_ENGLISH} "Review Office"
LangString Audit ${LANG_SIMPCHINESE} "核验"
LangString Audit ${LANG_ENGLISH} "Verify a Record"
LangString Remove ${LANG_SIMPCHINESE} "卸载票决"
LangString Remove ${LANG_ENGLISH} "Uninstall Piaojue"
LangString TooOld ${LANG_SIMPCHINESE} "票决需要 64 位的 Windows 10 或 11。没有安装任何内容。"
LangString TooOld ${LANG_ENGLISH} "Piaojue needs Windows 10 or 11, 64-bit. Nothing was installed."
LangString Running ${LANG_SIMPCHINESE} "$0 正在使用：可能是会议终端或评审办公室还开着，也可能是杀毒软件正在检查。没有改动任何内容。请先关闭程序，或稍等片刻，再重新运行。"
LangString Running ${LANG_ENGLISH} "$0 is in use: the meeting terminal or the office is still open, or an antivirus program looks at it. Nothing was changed. Close the program, or wait a moment, and start again."
LangString NoRights ${LANG_SIMPCHINESE} "不能在 $INSTDIR 中写入：可能没有权限，或磁盘已满。没有安装任何内容。请另选文件夹，或腾出空间后再试。"
LangString NoRights ${LANG_ENGLISH} "Can not write in $INSTDIR: there may be no right to, or the disk is full. Nothing was installed. Choose another folder, or make room, and start again."
LangString Failed ${LANG_SIMPCHINESE} "安装没有完成，已写入的程序文件已删除；各人的会议文件夹没有改动。请腾出磁盘空间后重新运行。"
LangString Failed ${LANG_ENGLISH} "The installation did not finish and the program files that were written are removed; nobody's meeting folder was touched. Make room on the disk and start again."
LangString Kept ${LANG_SIMPCHINESE} "程序将被删除。会议数据保留在 $LOCALAPPDATA\piaojue 和评审办公室自己的文件夹中。"
LangString Kept ${LANG_ENGLISH} "The programs will be removed. What meetings left stays in the folders of their own."

Var Fresh ; whether no program of ours was there

; Stops when PROGRAM can not be written. An antivirus program that looks at it lets it go in a moment.
!macro Free PROGRAM
  StrCpy $0 "$INSTDIR\${PROGRAM}"
  StrCpy $1 0
  ${While} ${FileExists} "$0"
    ClearErrors
    FileOpen $2 "$0" a
    ${IfNot} ${Errors}
      FileClose $2
      ${ExitWhile}
    ${EndIf}
    IntOp $1 $1 + 1
    ${If} $1 >= 6
      MessageBox MB_OK|MB_ICONSTOP "$(Running)" /SD IDOK
      SetErrorLevel 2
      Quit
    ${EndIf}
    Sleep 500
  ${EndWhile}
!macroend

Function .onInit
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
    MessageBox MB_OK|MB_ICONSTOP "$(TooOld)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
FunctionEnd

Section
  SetShellVarContext current
  StrCpy $Fresh 1
  ${If} ${FileExists} "$INSTDIR\uninstall.exe"
    StrCpy $Fresh 0
  ${EndIf}
  !insertmacro Free "bin\piaojue.exe"
  !insertmacro Free "bin\piaojue-office.exe"
  !insertmacro Free "bin\piaojue-verify.exe"
  ClearErrors
  CreateDirectory "$INSTDIR"
  FileOpen $2 "$INSTDIR\.written" w
  FileWrite $2 "."
  FileClose $2
  ${If} ${Errors}
    MessageBox MB_OK|MB_ICONSTOP "$(NoRights)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  Delete "$INSTDIR\.written"
  ; What an earlier version had and this one has not would stay for ever.
  ${If} $Fresh == 0
    ExecWait '"$INSTDIR\uninstall.exe" /S _?=$INSTDIR'
  ${EndIf}
  !include "${INSTALL}"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateDirectory "${FOLDER}"
  SetOutPath "$PROFILE"
  ; Small: the page is in the browser, and this window is only how the program is ended.
  CreateShortCut "${FOLDER}\$(Laptop).lnk" "$INSTDIR\bin\piaojue.exe" "" "" "" SW_SHOWMINIMIZED
  CreateShortCut "${FOLDER}\$(Office).lnk" "$INSTDIR\bin\piaojue-office.exe" "" "" "" SW_SHOWMINIMIZED
  CreateShortCut "${FOLDER}\$(Audit).lnk" "$INSTDIR\share\piaojue\auditor.html" "" "$INSTDIR\bin\piaojue-verify.exe"
  CreateShortCut "${FOLDER}\$(Remove).lnk" "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "${OURS}" "Folder" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "DisplayName" "票决 Piaojue"
  WriteRegStr HKCU "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${KEY}" "DisplayIcon" "$INSTDIR\bin\piaojue.exe"
  WriteRegStr HKCU "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${KEY}" "EstimatedSize" $0
SectionEnd

; What stands in the list and nothing else: a folder in which somebody keeps something stays.
!macro RemoveAll
  SetOutPath "$TEMP"
  !include "${REMOVE}"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "${FOLDER}\*.lnk"
  RMDir "${FOLDER}"
  DeleteRegKey HKCU "${KEY}"
  DeleteRegKey HKCU "${OURS}"
!macroend

Function .onInstFailed
  !insertmacro RemoveAll
  MessageBox MB_OK|MB_ICONSTOP "$(Failed)" /SD IDOK
  SetErrorLevel 2
FunctionEnd

Function un.onInit
  !insertmacro Free "bin\piaojue.exe"
  !insertmacro Free "bin\piaojue-office.exe"
  !insertmacro Free "bin\piaojue-verify.exe"
  MessageBox MB_OKCANCEL|MB_ICONINFORMATION "$(Kept)" /SD IDOK IDOK +2
  Abort
FunctionEnd

Section Uninstall
  SetShellVarContext current
  !insertmacro RemoveAll
SectionEnd
