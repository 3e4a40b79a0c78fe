// SPDX-License-Identifier: Apache-2.0
#include "base/refusal.h"

#include <array>
#include <boost/throw_exception.hpp>
#include <stdexcept>
#include <string>

namespace piaojue {
namespace {

struct Row {
  Refusal code;
  std::string_view name;
  std::string_view zh;
  std::string_view en;
};

// In the order of the enum; `rows_are_in_order` below holds the two together.
constexpr std::array kRows = {
    Row{Refusal::kKeyUnlogged, "KEY_UNLOGGED", "保管方的公钥不在经多数客户端联署的日志中，请勿投票并告知工作人员。",
        "A trustee's key is not in a log entry that the room has cosigned; do not vote, and tell the clerk."},
    Row{Refusal::kKeyParam, "KEY_PARAM", "保管方的密钥不合规格或曾被使用，请该保管方为本批次重新生成密钥。",
        "A trustee's key is malformed or was used before; that trustee must make new keys for this batch."},
    Row{Refusal::kFinalizeFailed, "FINALIZE_FAILED", "保管方的盲签名无效，您的选票未发出，请告知工作人员核查该保管方。",
        "A trustee's blind signature is not valid; nothing of yours was sent, so ask the clerk to examine that "
        "trustee."},
    Row{Refusal::kAlreadyIssued, "ALREADY_ISSUED", "本批次的投票凭证已经发给您，不能再领，请用原来的电脑继续。",
        "Your voting tokens for this batch were issued already; go on with the laptop that asked for them."},
    Row{Refusal::kNotOnRoll, "NOT_ON_ROLL", "您不在本次表决的在场名单上，请先签到或请工作人员核对。",
        "You are not on the roll of those present; sign in first, or ask the clerk to check the roll."},
    Row{Refusal::kRecused, "RECUSED", "您已回避此项表决，请等待下一项。",
        "You have stepped back from this question; please wait for the next one."},
    Row{Refusal::kWrongPhase, "WRONG_PHASE", "当前环节不能进行此操作，请按屏幕显示的步骤进行。",
        "This can not be done at the present step of the meeting; follow the step on the screen."},
    Row{Refusal::kOutOfRange, "OUT_OF_RANGE", "收到的数值超出允许范围，请重试，再次出现请告知工作人员。",
        "A value is outside its permitted range; try again, and tell the clerk if it happens again."},
    Row{Refusal::kMixDuplicate, "MIX_DUPLICATE", "待混合的信封中有两份相同，本批次须作废重投。",
        "Two of the envelopes to be shuffled are equal; the batch must be declared void and voted on again."},
    Row{Refusal::kMixSize, "MIX_SIZE", "待混合的信封数量或大小不符，请上一位保管方核对后重新发送。",
        "The envelopes to be shuffled are of a wrong number or size; the trustee before must check and send them "
        "again."},
    Row{Refusal::kMixOpen, "MIX_OPEN", "一份信封无法拆开或不属于本次表决，已剔除，请其投票人在核对时报告缺票。",
        "An envelope does not open or belongs to another question and was left out; its voter should report it "
        "missing."},
    Row{Refusal::kMixAgain, "MIX_AGAIN", "本批次已混合过另一组信封，不能再混，请主任委员作废本批次。",
        "This batch was shuffled already with other envelopes; the chair must declare the batch void."},
    Row{Refusal::kBallotToken, "BALLOT_TOKEN", "选票缺少某位保管方的有效签名，不予计入，请核查该选票来源。",
        "A ballot lacks a valid signature of a trustee and is not counted; find out where it came from."},
    Row{Refusal::kBallotSignature, "BALLOT_SIGNATURE", "选票的签名无效，不予计入，请重新投票。",
        "A ballot's own signature is not valid and it is not counted; cast it again."},
    Row{Refusal::kBallotProof, "BALLOT_PROOF", "选票不能证明其内容为同意、反对或弃权之一，不予计入，请重新投票。",
        "A ballot does not prove that it holds one permitted choice and it is not counted; cast it again."},
    Row{Refusal::kBallotContext, "BALLOT_CONTEXT", "选票属于另一事项、批次或轮次，不予计入，请在当前事项中投票。",
        "A ballot belongs to another question, batch or attempt and is not counted; vote in the present one."},
    Row{Refusal::kBallotEncoding, "BALLOT_ENCODING", "选票的格式不合规定，不予计入，请用本系统的客户端重新投票。",
        "A ballot is not in the prescribed form and is not counted; cast it again with this system's client."},
    Row{Refusal::kBallotDuplicate, "BALLOT_DUPLICATE", "同一凭证已有一张选票，这一张不予计入，无需再投。",
        "A ballot under the same token is in the box already and this one is not counted; there is nothing more to "
        "do."},
    Row{Refusal::kLogSplit, "LOG_SPLIT", "服务器对同一长度的日志签出了两个不同版本，请立即停会并封存服务器。",
        "The server signed two different logs of one length; stop the meeting now and secure the server."},
    Row{Refusal::kLogInconsistent, "LOG_INCONSISTENT", "收到的日志与已确认的日志不一致，请停止操作并告知监督人。",
        "What was received does not fit the log confirmed before; stop, and tell the supervisor."},
    Row{Refusal::kGateCount, "GATE_COUNT", "票箱中的选票多于计入的信封，不得开票，须作废重投。",
        "The box holds more ballots than envelopes counted; it must not be opened, so declare it void and vote again."},
    Row{Refusal::kGateUnconfirmed, "GATE_UNCONFIRMED", "尚有投票人未核对票箱，请等待其确认，或由主任委员和监督人放行。",
        "Someone who voted has not confirmed the box; wait, or let the chair and a supervisor sign an override."},
    Row{Refusal::kGateMissing, "GATE_MISSING", "有投票人报告其选票不在票箱中，不得开票，请作废重投或由全体监督人放行。",
        "A voter reports a missing ballot; declare the batch void, or let the chair and every supervisor sign an "
        "override."},
    Row{Refusal::kGateTooFew, "GATE_TOO_FEW", "票箱中少于三张选票，开票会暴露个人意见，不得开票。",
        "The box holds fewer than three ballots, and opening it would expose single votes; it must stay closed."},
    Row{Refusal::kGateReopened, "GATE_REOPENED", "此事项已经开过票，不得再次开票，请以首次结果为准。",
        "This question was opened before and can not be opened again; the first result stands."},
    Row{Refusal::kGateOverride, "GATE_OVERRIDE", "放行超出限额或签署人不符，不予接受，请作废重投。",
        "The override exceeds its limit or lacks the right signers and is not accepted; declare the batch void."},
    Row{Refusal::kQuorum, "QUORUM", "在场人数未达法定人数，不得表决，请等待其他专家签到。",
        "Too few experts are present for a vote; wait until more have signed in."},
    Row{Refusal::kThresholdRule, "THRESHOLD_RULE", "公布的结果与计票规则不符，不予接受，请按票箱重新计算。",
        "The result does not follow from the ballots and the rule and is not accepted; compute it again from the box."},
    Row{Refusal::kUnbalancedRow, "UNBALANCED_ROW", "结果表中各项之和与在场人数不符，请更正后再签署。",
        "The figures of a row do not add up to those present; correct them before signing."},
    Row{Refusal::kInterviewMissing, "INTERVIEW_MISSING", "破格申报人缺少答辩记录，暂不能表决，请先补记。",
        "An exceptional candidate has no record of the interview and can not be voted on yet; enter it first."},
    Row{Refusal::kMalformed, "MALFORMED", "收到的数据无法解析或缺少内容，请重试，再次出现请重启客户端。",
        "The data do not parse or lack a part; try again, and restart the client if it happens again."},
    Row{Refusal::kNotCanonical, "NOT_CANONICAL", "数据不是规定的唯一写法，不予接受，请使用同一版本的客户端。",
        "The data are not in their one prescribed spelling and are refused; use a client of the same version."},
    Row{Refusal::kTooLarge, "TOO_LARGE", "数据超过允许的大小，不予接受，请缩小后重新提交。",
        "The data exceed the permitted size and are refused; make them smaller and submit them again."},
    Row{Refusal::kUnknownType, "UNKNOWN_TYPE", "收到不认识的消息类型，请使用同一版本的客户端。",
        "The message is of an unknown type; use a client of the same version."},
    Row{Refusal::kBadSignature, "BAD_SIGNATURE", "数字签名无效，内容未被接受，请签署人重新签署。",
        "The digital signature is not valid and nothing was accepted; the signer must sign again."},
    Row{Refusal::kNotAuthorised, "NOT_AUTHORISED", "您的角色无权进行此操作，请由有权限的人员办理。",
        "Your role does not permit this; ask someone whose role does."},
    Row{Refusal::kProof, "PROOF", "保管方的证明不成立，其内容未被接受，请该保管方重新提交。",
        "A trustee's proof does not hold and its value was not accepted; that trustee must submit it again."},
    Row{Refusal::kConflict, "CONFLICT", "此前已提交过不同的内容，不能更改，请以先前提交的为准。",
        "Another value was given before for the same thing and can not be changed; the earlier one stands."},
    Row{Refusal::kUnknown, "UNKNOWN", "找不到所指的人员、候选人、批次或事项，请刷新后重试。",
        "There is no such person, candidate, batch or question; refresh the page and try again."},
    Row{Refusal::kBusy, "BUSY", "系统正忙，请稍后重试，已提交的内容不会丢失。",
        "The system is busy; try again in a moment, and nothing that was accepted is lost."},
    Row{Refusal::kStorage, "STORAGE", "服务器未能保存数据，此次操作未生效，请工作人员检查磁盘后重试。",
        "The server could not store the data and this had no effect; the clerk must check the disk, then try again."},
    Row{Refusal::kInternal, "INTERNAL", "程序内部出错，此次操作未生效，请重启程序并保留日志。",
        "The program failed internally and this had no effect; restart it and keep its log."},
};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].code) != i + 1) return false;
  }
  return true;
}
static_assert(rows_are_in_order());
static_assert(kRows.size() == static_cast<std::size_t>(Refusal::kInternal));

constexpr Row kNoRow{Refusal::kInternal, "UNLISTED", "发生未知错误，请重启程序并保留日志。",
                     "An unknown error occurred; restart the program and keep its log."};

Row const& row(Refusal code) {
  auto const index = static_cast<std::size_t>(code);
  return index >= 1 && index <= kRows.size() ? kRows[index - 1] : kNoRow;
}

}  // namespace

std::string_view name(Refusal code) { return row(code).name; }

std::string_view sentence(Refusal code, std::string_view lang) { return lang == "zh" ? row(code).zh : row(code).en; }

void throw_exception_from_error(Refusal code, boost::source_location const& where) {
  boost::throw_with_location(std::logic_error("value() of a refused result: " + std::string(name(code))), where);
}

}  // namespace piaojue
