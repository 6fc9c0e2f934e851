"""The brand's shop (订单): a till beside WeCom that keeps its own ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from scrm.simulator.clock import moment
from scrm.simulator.errors import Impossible
from scrm.simulator.messages import Messages
from scrm.simulator.records import Order

HEADER = "order_id,unionid,phone,paid_at,amount,product,quantity,refunded\r\n"


class Shop(Messages):
    """Orders of customers and strangers, and the export the product reads."""

    def add_order(  # noqa: PLR0913 - the columns of the export
        self,
        external_userid: str = "",
        *,
        amount_fen: int,
        product: str = "云岭绿茶",
        quantity: int = 1,
        at: datetime | None = None,
        order_id: str = "",
        unionid: str = "",
        phone: str = "",
    ) -> str:
        """Somebody buys: a known person, or whoever `unionid` and `phone` say. Returns the id."""
        if external_userid:
            person = self.contact_named(external_userid)
            unionid, phone = person.unionid, person.phone
        if amount_fen < 0 or quantity < 1:
            raise Impossible("not below zero, and at least one piece", field="amount_fen")
        with self.lock:
            order_id = order_id or f"S{self.seconds(at)}{len(self.orders):07d}"
            if order_id in self.orders_by_id:
                raise Impossible(f"order {order_id} exists", field="order_id")
            self.record(
                "order",
                order_id=order_id,
                unionid=unionid,
                phone=phone,
                paid_at=self.seconds(at),
                amount_fen=amount_fen,
                product=product,
                quantity=quantity,
            )
        return order_id

    def refund(self, order_id: str, amount_fen: int) -> None:
        """Give money back on an order; never more than was paid."""
        with self.lock:
            order = self.orders_by_id.get(order_id)
            if order is None:
                raise Impossible(f"no order {order_id!r}", field="order_id")
            if not 0 < amount_fen <= order.amount_fen - order.refunded_fen:
                raise Impossible("more than is left of the order", field="amount_fen")
            self.record("refund", order_id=order_id, amount_fen=amount_fen)

    def orders_csv(self, *, since: int = 0) -> Iterator[str]:
        """The shop's export, header first; `since`: orders paid at or after this second."""
        yield HEADER
        for order in list(self.orders):
            if order.paid_at >= since:
                yield _row(order)

    def on_order(self, **fields: object) -> None:
        self.put_order(Order(**fields))  # type: ignore[arg-type]

    def put_order(self, order: Order) -> None:
        self.orders.append(order)
        self.orders_by_id[order.order_id] = order

    def on_refund(self, *, order_id: str, amount_fen: int) -> None:
        self.orders_by_id[order_id].refunded_fen += amount_fen


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _row(order: Order) -> str:
    return (
        f"{order.order_id},{order.unionid},{order.phone},{moment(order.paid_at).isoformat()},"
        f"{yuan(order.amount_fen)},{order.product},{order.quantity},{yuan(order.refunded_fen)}\r\n"
    )
