"""Rules that read tags out of nicknames (群昵称规则), such as “小雨-油皮-初级”.

A rule says of which parts a nickname is made. What each member's nickname says is kept as a
reading, so that only what changed is read again, and a tag that the nickname no longer says is
taken off.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from groups.rules.nickname import Problem


class NicknameRule(models.Model):
    """How nicknames in some groups are made: parts in order, between separators.

    draft → active ⇄ paused → ended. `version` grows with each change, and what was read by an
    older one is read again.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("In force")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")

    class Scope(models.TextChoices):
        ALL = "all", _("All groups")
        GROUPS = "groups", _("Chosen groups")
        TAGS = "tags", _("Groups with a tag")

    name = models.CharField(_("name"), max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT)
    separators = models.CharField(_("separators"), max_length=16)
    scope = models.CharField(_("groups"), max_length=8, choices=Scope, default=Scope.ALL)
    group_ids = ArrayField(models.IntegerField(), default=list)
    tag_ids = ArrayField(models.IntegerField(), default=list)
    version = models.PositiveIntegerField(_("version"), default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("nickname rule")
        verbose_name_plural = _("nickname rules")
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=~Q(state="ended"), name="nickname_rule_name_once"
            ),
            models.CheckConstraint(
                name="nickname_rule_state_known",
                condition=Q(state__in=["draft", "active", "paused", "ended"]),
            ),
            models.CheckConstraint(
                name="nickname_rule_scope_known",
                condition=Q(scope__in=["all", "groups", "tags"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class NicknamePart(models.Model):
    """One part of a rule, counted from 0. Without a tag group it is not read, as the name is."""

    class Unknown(models.TextChoices):
        REVIEW = "review", _("List for review")
        CREATE = "create", _("Make a new tag")
        IGNORE = "ignore", _("Leave out")

    rule = models.ForeignKey(NicknameRule, on_delete=models.CASCADE, related_name="parts")
    place = models.PositiveSmallIntegerField(_("place"))
    name = models.CharField(_("name"), max_length=30)
    tag_group = models.ForeignKey(
        "contacts.TagGroup",
        verbose_name=_("internal tag group"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    unknown = models.CharField(
        _("unknown values"), max_length=8, choices=Unknown, default=Unknown.REVIEW
    )

    class Meta:
        verbose_name = _("part of a nickname")
        verbose_name_plural = _("parts of nicknames")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "place"], name="nickname_part_once"),
            models.CheckConstraint(
                name="nickname_part_unknown_known",
                condition=Q(unknown__in=["review", "create", "ignore"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class NicknameWord(models.Model):
    """What an operator decided about a value: it means this tag, or nothing (`tag` null)."""

    part = models.ForeignKey(NicknamePart, on_delete=models.CASCADE, related_name="words")
    key = models.CharField(_("value"), max_length=64)
    tag = models.ForeignKey(
        "contacts.Tag",
        verbose_name=_("tag"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("word of nicknames")
        verbose_name_plural = _("words of nicknames")
        constraints = [models.UniqueConstraint(fields=["part", "key"], name="nickname_word_once")]


class NicknameReading(models.Model):
    """What one rule read in one member's nickname. `problem` says why it could not be read."""

    rule = models.ForeignKey(NicknameRule, on_delete=models.CASCADE, related_name="readings")
    member = models.ForeignKey(
        "groups.GroupMember", on_delete=models.CASCADE, related_name="nickname_readings"
    )
    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="nickname_readings"
    )
    nickname = models.CharField(_("nickname"), max_length=256)
    version = models.PositiveIntegerField()
    problem = models.CharField(
        _("problem"),
        max_length=16,
        choices=[
            (Problem.TOO_FEW.value, _("Too few parts")),
            (Problem.TOO_MANY.value, _("Too many parts")),
            (Problem.EMPTY_PART.value, _("A part is empty")),
        ],
        blank=True,
        default="",
    )
    at = models.DateTimeField(_("read at"))

    class Meta:
        verbose_name = _("reading of a nickname")
        verbose_name_plural = _("readings of nicknames")
        constraints = [
            models.UniqueConstraint(fields=["rule", "member"], name="nickname_reading_once"),
            models.CheckConstraint(
                name="nickname_reading_problem_known",
                condition=Q(problem__in=["", "too_few", "too_many", "empty_part"]),
            ),
        ]


class NicknameValue(models.Model):
    """One part of a nickname that was read. Without a tag its meaning is not known."""

    reading = models.ForeignKey(NicknameReading, on_delete=models.CASCADE, related_name="values")
    part = models.ForeignKey(NicknamePart, on_delete=models.CASCADE, related_name="values")
    text = models.CharField(_("text"), max_length=64)
    key = models.CharField(_("value"), max_length=64)
    tag = models.ForeignKey(
        "contacts.Tag",
        verbose_name=_("tag"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("value of a nickname")
        verbose_name_plural = _("values of nicknames")
        constraints = [
            models.UniqueConstraint(fields=["reading", "part"], name="nickname_value_once")
        ]
        indexes = [
            models.Index(
                fields=["part", "key"], condition=Q(tag__isnull=True), name="nickname_value_unknown"
            )
        ]


class NicknameMark(models.Model):
    """A tag that nicknames put on a customer; only what is here is taken off again."""

    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="nickname_marks"
    )
    tag = models.ForeignKey("contacts.Tag", on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("tag from a nickname")
        verbose_name_plural = _("tags from nicknames")
        constraints = [
            models.UniqueConstraint(fields=["contact", "tag"], name="nickname_mark_once")
        ]


class NicknameDue(models.Model):
    """A group with nicknames to read; the row owns that work."""

    group = models.OneToOneField(
        "groups.GroupChat", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("group with nicknames to read")
        verbose_name_plural = _("groups with nicknames to read")
