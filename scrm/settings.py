"""All settings, in one file without branches by environment; see `.env.example` for each."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from scrm.embedded.env_file import read_env_file
from scrm.embedded.home import Home
from scrm.embedded.names import own_names
from scrm.env import env_bool, env_choice, env_int, env_list, env_secret, env_str

BASE_DIR = Path(__file__).resolve().parent.parent
read_env_file()
HOME = Home.from_environment()

DEBUG = env_bool("SCRM_DEBUG", default=False)
SECRET_KEY = env_secret("SCRM_SECRET_KEY", kept_in=HOME.root / "secret_key")
# Names by which this machine is known. A browser led here under any other name is refused.
ALLOWED_HOSTS = env_list("SCRM_ALLOWED_HOSTS", own_names())
CSRF_TRUSTED_ORIGINS = env_list("SCRM_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "scrm.console.apps.ConsoleConfig",
    "unfold.apps.BasicAppConfig",
    "scrm.console.apps.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "axes",
    "csp",
    "scrm.apps.ScrmConfig",
    "scrm.audit.apps.AuditConfig",
    "scrm.wecom.apps.WeComConfig",
    "contacts.apps.ContactsConfig",
    "groups.apps.GroupsConfig",
    "broadcasts.apps.BroadcastsConfig",
    "analytics.apps.AnalyticsConfig",
]

MIDDLEWARE = [
    "scrm.wecom.callback.door.CallbackDoor",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "scrm.console.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "scrm.urls"
WSGI_APPLICATION = "scrm.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "scrm.console.context.installation",
            ],
        },
    },
]

# --- stores -----------------------------------------------------------------------------------
DATABASE_URL = env_str("DATABASE_URL", HOME.database_url)
REDIS_URL = env_str("REDIS_URL", HOME.redis_url)
DATABASES = {
    "default": {
        **environ.Env.db_url_config(DATABASE_URL),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "console.Operator"
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "scrm.console.roles.RoleBackend",
]
# Five wrong passwords close a name for a quarter of an hour. By name, not by address: colleagues
# share one behind a proxy, and whoever guesses changes it.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
# A guesser who does not stop shall not keep the owner of the name out for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_TEMPLATE = "console/locked_out.html"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

# --- language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env_str("SCRM_TIME_ZONE", "Asia/Shanghai")

# --- files served to browsers -----------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = HOME.root / "media"

# --- security ---------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env_bool("SCRM_HTTPS", default=False)
LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE
# Asked from inside, without the proxy: by monitors, and by the simulator in the part of WeCom.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^wecom/callback/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SESSION_COOKIE_SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
SILENCED_SYSTEM_CHECKS = [
    # Whether all of a domain is HTTPS for ever is for its owner to say, not for one host in it.
    *("security.W005", "security.W021"),
    "axes.W006",  # wants the address beside the name, see AXES_LOCKOUT_PARAMETERS
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # The theme's Alpine evaluates attributes; there is no inline script.
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        # Pictures of customers, as WeCom names them.
        "img-src": [SELF, "data:", "*.qlogo.cn", "*.qpic.cn"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- WeCom (企业微信) --------------------------------------------------------------------------
# Nothing set: the demo corp of the local simulator. Something set: everything must be set
# (a system check says what is missing).
WECOM_SIMULATED = not any(
    env_str(name) for name in ("WECOM_CORP_ID", "WECOM_SECRET", "WECOM_AGENT_ID")
)
SIMULATOR_HOST = env_str("SCRM_SIMULATOR_HOST", "127.0.0.1")
SIMULATOR_PORT = env_int("SCRM_SIMULATOR_PORT", int(HOME.runtime().get("simulator_port", 8001)))
_DEMO_AES_KEY = "c2ltdWxhdG9yLWRlbW8ta2V5LW5vdC1hLXNlY3JldCE"
WECOM_CORP_ID = env_str("WECOM_CORP_ID", "wwsimulator000001" if WECOM_SIMULATED else "")
WECOM_AGENT_ID = env_int("WECOM_AGENT_ID", 1000001 if WECOM_SIMULATED else 0)
WECOM_SECRET = env_str("WECOM_SECRET", "simulator-secret" if WECOM_SIMULATED else "")
WECOM_CALLBACK_TOKEN = env_str("WECOM_CALLBACK_TOKEN", "simulatortoken" if WECOM_SIMULATED else "")
WECOM_ENCODING_AES_KEY = env_str("WECOM_ENCODING_AES_KEY", _DEMO_AES_KEY if WECOM_SIMULATED else "")
WECOM_BASE_URL = env_str(
    "WECOM_BASE_URL",
    f"http://{SIMULATOR_HOST}:{SIMULATOR_PORT}/cgi-bin/"
    if WECOM_SIMULATED
    else "https://qyapi.weixin.qq.com/cgi-bin/",
)
# A limit below WeCom's own, so that answers that arrive late over there do not pass it.
WECOM_CALLS_PER_MINUTE = env_int("WECOM_CALLS_PER_MINUTE", 9_800, least=1)
WECOM_CALLS_PER_HOUR = env_int("WECOM_CALLS_PER_HOUR", 147_000, least=1)
WECOM_PARALLEL_CALLS = env_int("WECOM_PARALLEL_CALLS", 4, least=1)
# Where the internet reaches this installation, for checking that WeCom's callbacks can come in.
PUBLIC_URL = env_str("SCRM_PUBLIC_URL").rstrip("/")

# --- broadcasts -------------------------------------------------------------------------------
# A claim outlives the longest call (15 s and a margin); a silence is looked into when WeCom's
# list of tasks surely shows what it accepted.
BROADCAST_LEASE_SECONDS = env_int("BROADCAST_LEASE_SECONDS", 60, least=21)
BROADCAST_SETTLE_SECONDS = env_int("BROADCAST_SETTLE_SECONDS", 120, least=1)
# Who comes to a message of a journey within so many minutes shares one task for staff.
JOURNEY_SLOT_MINUTES = env_int("JOURNEY_SLOT_MINUTES", 60, least=5)

# Webhooks never call into our own network, except to these hosts (there also by plain http).
WEBHOOK_INTERNAL_HOSTS = env_list("SCRM_WEBHOOK_INTERNAL_HOSTS")

# --- mail ---------------------------------------------------------------------------------------
# Nothing set: no mail is sent; the form of a scheduled report offers WeCom alone.
EMAIL_HOST = env_str("SCRM_MAIL_HOST")
_MAIL_SECURITY = env_choice("SCRM_MAIL_SECURITY", ("ssl", "starttls", "none"))
EMAIL_USE_SSL = _MAIL_SECURITY == "ssl"
EMAIL_USE_TLS = _MAIL_SECURITY == "starttls"
EMAIL_PORT = env_int("SCRM_MAIL_PORT", {"ssl": 465, "starttls": 587, "none": 25}[_MAIL_SECURITY])
EMAIL_HOST_USER = env_str("SCRM_MAIL_USER")
EMAIL_HOST_PASSWORD = env_str("SCRM_MAIL_PASSWORD")
DEFAULT_FROM_EMAIL = env_str("SCRM_MAIL_FROM", EMAIL_HOST_USER or "scrm@localhost")
EMAIL_TIMEOUT = 15

# --- background work --------------------------------------------------------------------------
_VISIBILITY_TIMEOUT = 900  # longer than any task's time limit plus its longest countdown
# The same address in the words of the message library.
CELERY_BROKER_URL = (
    REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 15
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": _VISIBILITY_TIMEOUT,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 60,
    # A host that is gone must not hold up whoever has a message for it.
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
}
CELERY_VISIBILITY_TIMEOUT = _VISIBILITY_TIMEOUT
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_DEFAULT_QUEUE = "default"
# One queue a kind of work; the supervisor and docker-compose.yml start a worker for each.
QUEUES = ("default", "callbacks", "broadcasts")
CELERY_TASK_ROUTES = {
    "wecom.*": {"queue": "callbacks"},
    # Somebody else's slow server must not hold up what goes to customers.
    "broadcasts.deliver_webhooks": {"queue": "default"},
    "broadcasts.*": {"queue": "broadcasts"},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME.root / "beat-schedule")
# The schedule is collected from each app's `schedule.py` by scrm/celery.py.

# --- REST API ---------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "scrm.token_scope.ScopedSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["scrm.parsing.CautiousJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["scrm.throttling.OperatorThrottle"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "SCRM API",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    # Names for choices that several tables have under one field name.
    "ENUM_NAME_OVERRIDES": {
        "ContactKindEnum": "contacts.models.contact.Contact.Kind",
        "ChannelKindEnum": "contacts.models.channel.Channel.Kind",
        "ProfileFieldKindEnum": "contacts.models.profile_field.ProfileField.Kind",
        "TagKindEnum": "contacts.models.tag.TagKind",
        "BroadcastKindEnum": "broadcasts.models.written.Kind",
        "RecipientStateEnum": "broadcasts.models.recipient.Recipient.State",
        "CodeStatusEnum": "contacts.models.channel.Channel.Status",
        "GroupMemberKindEnum": "groups.models.group_member.GroupMember.Kind",
        "MarkProblemEnum": "contacts.models.tag_job.MarkProblem",
        "TagRuleProblemEnum": "contacts.models.tag_rule.RuleProblem",
    },
}

# --- console ----------------------------------------------------------------------------------
# Shown on the log-in page of a simulated world: "name / password" of its demo operator.
DEMO_LOGIN = env_str("SCRM_DEMO_LOGIN")
UNFOLD = {
    "SITE_TITLE": _("Private domain SCRM"),
    "SITE_HEADER": _("Private domain SCRM"),
    "SITE_SUBHEADER": _("Care that adds value"),
    "SITE_SYMBOL": "volunteer_activism",
    "SITE_URL": "",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "scrm.console.assets.favicon"}
    ],
    "LOGIN": {"form": "scrm.console.log_in.LogInForm"},
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": False,
    "STYLES": ["scrm.console.assets.stylesheet"],
    "SCRIPTS": ["scrm.console.assets.script"],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "scrm.console.navigation.sidebar",
    },
    "COLORS": {
        "primary": {
            "50": "236 253 245",
            "100": "209 250 229",
            "200": "167 243 208",
            "300": "110 231 183",
            "400": "52 211 153",
            "500": "16 185 129",
            "600": "4 120 87",
            "700": "4 108 78",
            "800": "6 95 70",
            "900": "6 78 59",
            "950": "2 44 34",
        },
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "scrm.privacy.MaskedFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_str("SCRM_LOG_LEVEL", "INFO")},
    # httplib's request lines carry access tokens in their query.
    "loggers": {
        "urllib3": {"level": "WARNING"},
        "django.server": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
