"""The library of content, tracked links, and the words that hints go by."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import broadcasts.models.content_settings

TRIGGERS = """
CREATE FUNCTION broadcasts_linkclick_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'clicks are append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER broadcasts_linkclick_append_only BEFORE UPDATE OR DELETE ON broadcasts_linkclick
    FOR EACH STATEMENT EXECUTE FUNCTION broadcasts_linkclick_is_append_only();
CREATE FUNCTION broadcasts_materialversion_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was sent stays what it was' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER broadcasts_materialversion_fixed
    BEFORE UPDATE OF material_id, number, text, body, file_id ON broadcasts_materialversion
    FOR EACH STATEMENT EXECUTE FUNCTION broadcasts_materialversion_is_fixed();
"""
NO_TRIGGERS = """
DROP TRIGGER broadcasts_materialversion_fixed ON broadcasts_materialversion;
DROP FUNCTION broadcasts_materialversion_is_fixed();
DROP TRIGGER broadcasts_linkclick_append_only ON broadcasts_linkclick;
DROP FUNCTION broadcasts_linkclick_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("broadcasts", "0006_harm_switch_webhooks"),
        ("contacts", "0014_care"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContentSettings",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                (
                    "forbidden_words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32),
                        default=broadcasts.models.content_settings.usual_words,
                        size=None,
                        verbose_name="forbidden words",
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="updated at"),
                ),
            ],
            options={
                "verbose_name": "content settings",
                "verbose_name_plural": "content settings",
            },
        ),
        migrations.CreateModel(
            name="LinkClick",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "click on a link",
                "verbose_name_plural": "clicks on links",
            },
        ),
        migrations.CreateModel(
            name="Material",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("image", "Image"),
                            ("link", "Link card"),
                            ("miniprogram", "Mini program"),
                            ("video", "Video"),
                            ("file", "File"),
                        ],
                        max_length=11,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="name")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="tags",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("is_archived", models.BooleanField(default=False, verbose_name="archived")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("updated_at", models.DateTimeField(verbose_name="updated at")),
            ],
            options={
                "verbose_name": "material",
                "verbose_name_plural": "materials",
                "ordering": ["-updated_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="MaterialFolder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=32, unique=True, verbose_name="name")),
            ],
            options={
                "verbose_name": "folder of the library",
                "verbose_name_plural": "folders of the library",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="MaterialVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("text", models.TextField(blank=True, verbose_name="text")),
                ("body", models.JSONField(blank=True, default=dict, verbose_name="fields")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
            ],
            options={
                "verbose_name": "version of a material",
                "verbose_name_plural": "versions of materials",
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="MediaFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "kind",
                    models.CharField(
                        choices=[("image", "Image"), ("video", "Video"), ("file", "File")],
                        max_length=5,
                        verbose_name="kind",
                    ),
                ),
                ("filename", models.CharField(max_length=128, verbose_name="file name")),
                ("content_type", models.CharField(max_length=64, verbose_name="content type")),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                ("width", models.PositiveIntegerField(blank=True, null=True, verbose_name="width")),
                (
                    "height",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="height"),
                ),
                ("media_id", models.CharField(blank=True, max_length=256, verbose_name="media id")),
                (
                    "uploaded_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="uploaded at"),
                ),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="error")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
            ],
            options={
                "verbose_name": "media file",
                "verbose_name_plural": "media files",
            },
        ),
        migrations.CreateModel(
            name="TrackedLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=16, unique=True, verbose_name="code")),
                ("target", models.CharField(max_length=2048, verbose_name="target")),
                ("title", models.CharField(blank=True, max_length=128, verbose_name="title")),
                ("variant", models.CharField(blank=True, max_length=1, verbose_name="variant")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
            ],
            options={
                "verbose_name": "tracked link",
                "verbose_name_plural": "tracked links",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="contentsettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)), name="content_settings_one_row"
            ),
        ),
        migrations.AddField(
            model_name="linkclick",
            name="contact",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="link_clicks",
                to="contacts.contact",
                verbose_name="customer",
            ),
        ),
        migrations.AddField(
            model_name="material",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AddField(
            model_name="material",
            name="folder",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="materials",
                to="broadcasts.materialfolder",
                verbose_name="folder",
            ),
        ),
        migrations.AddField(
            model_name="materialversion",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AddField(
            model_name="materialversion",
            name="material",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="versions",
                to="broadcasts.material",
            ),
        ),
        migrations.AddConstraint(
            model_name="mediafile",
            constraint=models.UniqueConstraint(
                fields=("digest", "kind", "filename"), name="media_file_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="mediafile",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["image", "video", "file"])),
                name="media_file_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="mediafile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("media_id", ""), ("uploaded_at__isnull", True)),
                    models.Q(
                        models.Q(("media_id", ""), _negated=True), ("uploaded_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="media_file_uploaded_iff_media_id",
            ),
        ),
        migrations.AddField(
            model_name="materialversion",
            name="file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="broadcasts.mediafile",
                verbose_name="file",
            ),
        ),
        migrations.AddField(
            model_name="trackedlink",
            name="broadcast",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links",
                to="broadcasts.broadcast",
                verbose_name="broadcast",
            ),
        ),
        migrations.AddField(
            model_name="trackedlink",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AddField(
            model_name="trackedlink",
            name="material",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="links",
                to="broadcasts.material",
                verbose_name="material",
            ),
        ),
        migrations.AddField(
            model_name="linkclick",
            name="link",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clicks",
                to="broadcasts.trackedlink",
                verbose_name="link",
            ),
        ),
        migrations.AddIndex(
            model_name="material",
            index=models.Index(fields=["-updated_at", "-id"], name="material_newest_first"),
        ),
        migrations.AddIndex(
            model_name="material",
            index=django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="material_tags"),
        ),
        migrations.AddConstraint(
            model_name="material",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["text", "image", "link", "miniprogram", "video", "file"])
                ),
                name="material_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="materialversion",
            constraint=models.UniqueConstraint(
                fields=("material", "number"), name="material_version_once"
            ),
        ),
        migrations.AddIndex(
            model_name="trackedlink",
            index=models.Index(fields=["-created_at", "-id"], name="link_newest_first"),
        ),
        migrations.AddConstraint(
            model_name="trackedlink",
            constraint=models.UniqueConstraint(
                condition=models.Q(("broadcast__isnull", False)),
                fields=("broadcast", "variant", "target"),
                name="link_once_per_broadcast",
            ),
        ),
        migrations.AddConstraint(
            model_name="trackedlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("target__startswith", "https://")), name="link_target_is_https"
            ),
        ),
        migrations.AddConstraint(
            model_name="trackedlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("variant", ""), ("broadcast__isnull", False), _connector="OR"),
                name="link_variant_of_a_broadcast",
            ),
        ),
        migrations.AddIndex(
            model_name="linkclick",
            index=models.Index(fields=["link", "at"], name="click_of_link"),
        ),
        migrations.AddIndex(
            model_name="linkclick",
            index=models.Index(
                condition=models.Q(("contact__isnull", False)),
                fields=["contact", "at"],
                name="click_of_contact",
            ),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
