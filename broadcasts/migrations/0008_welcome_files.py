"""Pictures of welcomes move out of the database, to where all files of messages lie."""

import hashlib

import django.db.models.deletion
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import migrations, models
from django.utils import timezone

from broadcasts.policy.file_kinds import look_into


def move(apps, schema_editor):
    MediaFile = apps.get_model("broadcasts", "MediaFile")
    for picture in apps.get_model("broadcasts", "WelcomePicture").objects.order_by("pk"):
        content = bytes(picture.content)
        digest, found = hashlib.sha256(content).hexdigest(), look_into(content)
        path = f"media/{digest[:2]}/{digest}"
        if not default_storage.exists(path):
            default_storage.save(path, ContentFile(content))
        picture.file, _created = MediaFile.objects.get_or_create(
            digest=digest,
            kind="image",
            filename=f"{digest[:12]}.{picture.filename.rpartition('.')[2]}",
            defaults={
                "content_type": found.content_type,
                "size": len(content),
                "width": found.width,
                "height": found.height,
                "media_id": picture.media_id,
                "uploaded_at": picture.uploaded_at,
                "error": picture.error,
                "created_at": picture.uploaded_at or timezone.now(),
            },
        )
        picture.save(update_fields=["file"])


class Migration(migrations.Migration):
    dependencies = [("broadcasts", "0007_content")]
    operations = [
        migrations.AddField(
            "welcomepicture",
            "file",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="broadcasts.mediafile",
                verbose_name="file",
            ),
        ),
        migrations.RunPython(move, migrations.RunPython.noop),
    ]
