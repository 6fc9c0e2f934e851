"""Signing in and paying, as staff and customers do it (登录、对外收款)."""

from __future__ import annotations

from scrm.simulator.errors import Impossible
from scrm.simulator.messages import Messages
from scrm.simulator.tables import Bill, LoginCode

_WITH_REFUND = 3
_REFUND_DONE = 2


class Payments(Messages):
    """Money that staff take inside WeCom; the shop's own orders are in `shop`."""

    def pay(
        self,
        userid: str,
        external_userid: str,
        *,
        total_fen: int,
        goods: str = "古树生普 357g",
        payment_type: int = 1,
        remark: str = "",
    ) -> str:
        """A customer pays a staff member (收款); returns the out_trade_no."""
        staff, person = self.staff_named(userid), self.contact_named(external_userid)
        if total_fen <= 0:
            raise Impossible("more than nothing", field="total_fen")
        now = self.clock.timestamp()
        out_trade_no = f"YL{now}{len(self.bills):06d}"
        self.keep(
            "bills",
            Bill(
                f"4200{now}{len(self.bills):014d}",
                out_trade_no,
                now,
                external_userid,
                staff.userid,
                total_fen,
                payment_type=payment_type,
                remark=remark,
                goods=goods,
                contact={"name": person.name, "phone": person.phone, "address": ""},
            ),
        )
        return out_trade_no

    def pay_back(self, out_trade_no: str, amount_fen: int, *, comment: str = "") -> str:
        """Money goes back to the customer (退款); returns the out_refund_no."""
        bill = self._payment(out_trade_no)
        if not 0 < amount_fen <= bill.total_fen - bill.refunded_fen:
            raise Impossible("more than is left", field="amount_fen")
        now = self.clock.timestamp()
        out_refund_no = f"YLR{now}{len(self.bills):06d}"
        refund = {
            "out_refund_no": out_refund_no,
            "refund_userid": bill.payee_userid,
            "refund_comment": comment,
            "refund_reqtime": now,
            "refund_status": _REFUND_DONE,
            "refund_fee": amount_fen,
        }
        self.record(
            "edit",
            table="bills",
            id=bill.transaction_id,
            trade_state=_WITH_REFUND,
            refunded_fen=bill.refunded_fen + amount_fen,
            refunds=[*bill.refunds, refund],
        )
        self.keep(
            "bills",
            Bill(
                f"5030{now}{len(self.bills):014d}",
                out_trade_no,
                now,
                bill.external_userid,
                bill.payee_userid,
                amount_fen,
                out_refund_no=out_refund_no,
                is_refund=True,
                payment_type=bill.payment_type,
                goods=bill.goods,
                contact=bill.contact,
            ),
        )
        return out_refund_no

    def sign_in(self, userid: str = "", external_userid: str = "", *, private: bool = False) -> str:
        """Somebody opens a page and lets WeCom name them; returns the code the page gets."""
        if userid:
            userid = self.staff_named(userid).userid
        else:
            self.contact_named(external_userid)
        code = self.new_id("", 43)
        ticket = self.new_id("", 80) if private and userid else ""
        steady = self.clock.steady()
        self.keep("login_codes", LoginCode(code, userid, external_userid, ticket, steady))
        return code

    def _payment(self, out_trade_no: str) -> Bill:
        for bill in self.bills.values():
            if bill.out_trade_no == out_trade_no and not bill.is_refund:
                return bill
        raise Impossible(f"no payment {out_trade_no!r}", field="out_trade_no")
