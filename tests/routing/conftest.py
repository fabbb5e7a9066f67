from tests.bango.paying import till as till
from tests.reference.conftest import sold as sold
