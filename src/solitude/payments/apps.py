from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "solitude.payments"
    label = "payments"

    def ready(self) -> None:
        from solitude.audit import kinds
        from solitude.buyers import holdings as buyers
        from solitude.payments import history, holdings, retained, sealed
        from solitude.transactions import keeping, timeline
        from solitude.web import idempotency

        keeping.claim(history.has_calls)
        timeline.offer(history.of_calls)
        timeline.offer(history.of_notifications)
        kinds.register(sealed.CALLS)
        kinds.register(sealed.NOTIFICATIONS)
        retained.declare_payments()
        idempotency.keep(retained.needed_keys)
        buyers.offer("provider_calls", holdings.of_calls)
        buyers.offer("notifications", holdings.of_notifications)
