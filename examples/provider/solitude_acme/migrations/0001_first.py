from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("sellers", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="SellerAcme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.CharField(max_length=255)),
                ("seller", models.OneToOneField("sellers.seller", models.PROTECT, related_name="+")),
            ],
        ),
    ]
