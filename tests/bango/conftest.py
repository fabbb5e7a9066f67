from tests.bango.paying import till as till
