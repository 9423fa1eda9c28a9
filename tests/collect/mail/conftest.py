from __future__ import annotations

import pytest

from tests.collect.certificates import Leaf, authority, leaf
from tests.collect.mail.postman import EXCHANGE


@pytest.fixture(scope="module")
def shown() -> Leaf:
    return leaf(EXCHANGE, by=authority("Harbour Root"))
