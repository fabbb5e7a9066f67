"""Models of a small app that exists in the tests only; its tables are made by the fixture `tables`."""

from typing import ClassVar

from django.db import models

from solitude.vault.fields import EncryptedJSONField, EncryptedTextField, SealedModel


class Account(SealedModel):
    name = models.CharField(max_length=50, unique=True)
    email = EncryptedTextField(null=True)
    phone = EncryptedTextField(null=True)
    pin = EncryptedTextField(max_length=6, default="0000")
    extra = EncryptedJSONField(null=True, max_length=100)
    objects: "ClassVar[models.Manager[Account]]" = models.Manager()

    class Meta:
        app_label = "vault_tests"


class Wallet(SealedModel):
    """Another model with a field of the same name."""

    email = EncryptedTextField(null=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True)
    objects: "ClassVar[models.Manager[Wallet]]" = models.Manager()

    class Meta:
        app_label = "vault_tests"


class AccountProxy(Account):
    class Meta:
        app_label = "vault_tests"
        proxy = True
