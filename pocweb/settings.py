"""Settings of pocweb, read from the environment.

With nothing set a fresh checkout runs for local use: SQLite, a cache in files, jobs in a child process of
`manage.py serve`. `DATABASE_URL` and `REDIS_URL` switch to the full set. Every variable stands in `.env.example`.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)

# --- What kind of installation this is -------------------------------------------------------------------------------

PRODUCTION = env.bool("POCWEB_PRODUCTION", default=False)
DEBUG = env.bool("POCWEB_DEBUG", default=False)
VAR_DIR = Path(env.str("POCWEB_VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _local_secret() -> str:
    """Return the secret kept in the state directory, made once, so that no default secret is ever shipped."""
    path = VAR_DIR / "secret-key"
    if not path.exists():
        from django.core.management.utils import get_random_secret_key  # needed on the very first start only

        path.touch(mode=0o600)
        path.write_text(get_random_secret_key())
    return path.read_text().strip()


if PRODUCTION:
    if DEBUG:
        raise ImproperlyConfigured("POCWEB_DEBUG must not be on together with POCWEB_PRODUCTION.")
    for name in ("POCWEB_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "POCWEB_ALLOWED_HOSTS"):
        if not env.str(name, default="") and not env.str(f"{name}_FILE", default=""):
            raise ImproperlyConfigured(f"{name} is missing. Production needs it; see .env.example.")
    SECRET_KEY = env.str("POCWEB_SECRET_KEY")
    if len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("POCWEB_SECRET_KEY is shorter than 50 characters. Make a longer one.")
else:
    SECRET_KEY = env.str("POCWEB_SECRET_KEY", default="") or _local_secret()

ALLOWED_HOSTS = env.list("POCWEB_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("POCWEB_TRUSTED_ORIGINS", default=[])

# --- Apps and middleware ---------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "pocweb.apps.PocwebConfig",
    "threats.apps.ThreatsConfig",
    "strategy.apps.StrategyConfig",
    "coordination.apps.CoordinationConfig",
    "reporting.apps.ReportingConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rules.apps.RulesConfig",
    "treebeard",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pocweb.middleware.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pocweb.middleware.GlossaryMiddleware",
    "pocweb.middleware.NullCharacterMiddleware",
    "pocweb.middleware.RuleErrorMiddleware",
]

ROOT_URLCONF = "pocweb.urls"
WSGI_APPLICATION = "pocweb.wsgi.application"

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
                "pocweb.context.navigation",
            ],
            "builtins": ["pocweb.templatetags.look"],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database --------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'pocweb.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-16000;",
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache, sessions and jobs ----------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    # A database number of its own keeps the cache apart from the queue, which emptying the cache would empty too.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": env.str("POCWEB_CACHE_URL", default=REDIS_URL),
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(VAR_DIR / "cache"),
            "OPTIONS": {"MAX_ENTRIES": 5000},
        }
    }
CELERY_BROKER_URL = REDIS_URL or None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_TIME_LIMIT = env.int("POCWEB_JOB_SECONDS", default=600)
JOB_LEASE_SECONDS = env.int("POCWEB_JOB_LEASE_SECONDS", default=30)
JOB_MAX_ATTEMPTS = 3
TICK_EVERY_SECONDS = env.float("POCWEB_TICK_SECONDS", default=20.0)
SWEEP_EVERY_SECONDS = 30
# a round that no worker took before the next one is stale: the next finds the same rows
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {
        "task": "pocweb.sweep_jobs",
        "schedule": SWEEP_EVERY_SECONDS,
        "options": {"expires": SWEEP_EVERY_SECONDS},
    },
    "tick": {"task": "pocweb.tick", "schedule": TICK_EVERY_SECONDS, "options": {"expires": TICK_EVERY_SECONDS}},
}

# --- People: passwords, sign-in, sessions ----------------------------------------------------------------------------

AUTH_USER_MODEL = "pocweb.Person"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "pocweb:desk"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True

# --- Sign-in with django-allauth -------------------------------------------------------------------------------------

ACCOUNT_ADAPTER = "pocweb.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # names the login field; sign-up itself is closed
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False  # the session ends with the browser: machines are shared
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",  # a headquarters signs in from one address
    "login_failed": "30/m/ip,5/5m/key",  # 5 wrong attempts close a name for 5 minutes
    "reauthenticate": "10/5m/user",
    "change_password": "5/5m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("POCWEB_PROXIES", default=1 if PRODUCTION else 0)
MFA_ADAPTER = "pocweb.accounts.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are entered by the administrator
MFA_TOTP_ISSUER = "pocweb"
MFA_TOTP_TOLERANCE = 1  # phones in the field run a few seconds off
CSRF_FAILURE_VIEW = "pocweb.csrf.csrf_failure"

# --- Security --------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("POCWEB_HTTPS_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.int("POCWEB_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# --- Files -----------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("POCWEB_FILES_DIR", default=str(VAR_DIR / "files")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Pages name files by their hash only, and nobody fetches source maps on a slow line: a quarter of the time to collect.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("map", "png", "jpg", "jpeg", "gif", "webp", "woff", "woff2", "gz", "br", "zip")
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
IMPORT_MAX_BYTES = env.int("POCWEB_IMPORT_MAX_MB", default=100) * 1024 * 1024

# --- Language, time --------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "pocweb" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
DATE_FORMAT = "j F Y"
SHORT_DATE_FORMAT = "j M"

# --- API -------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 100,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "pocweb.errors.api_exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "pocweb",
    "DESCRIPTION": "Protection of Civilians work of a peacekeeping mission.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",  # else the page of the API names another host
    "ENUM_NAME_OVERRIDES": {
        "ThreatStatusEnum": "threats.choices.ThreatStatus",
        "ActivityStatusEnum": "strategy.choices.ActivityStatus",
        "EditionStateEnum": "threats.choices.EditionState",
        "FrequencyEnum": "coordination.choices.Frequency",
        "PresenceKindEnum": "threats.choices.PresenceKind",
        "TriggerKindEnum": "threats.choices.TriggerKind",
        "ReportKindEnum": "reporting.choices.ReportKind",
        "SignLevelEnum": "threats.choices.SignLevel",
        "ReportStateEnum": "reporting.choices.ReportState",
        "SectionStateEnum": "reporting.choices.SectionState",
        "LevelOfThreeEnum": "threats.choices.Vulnerability",
        "RiskEnum": "pocweb.choices.RiskLevel",
        "NetworkStateEnum": "coordination.communities.choices.NetworkState",
    },
}

# --- Mail and log ----------------------------------------------------------------------------------------------------

# Left out, each e-mail becomes a file of the state folder, so that nothing is lost.
EMAIL_CONFIG = env.email_url("EMAIL_URL", default=f"filemail:///{VAR_DIR / 'mail'}")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("POCWEB_MAIL_FROM", default="pocweb@localhost")
PUBLIC_URL = env.str(
    "POCWEB_PUBLIC_URL", default=f"https://{ALLOWED_HOSTS[0]}" if PRODUCTION else "http://127.0.0.1:8000"
).rstrip("/")
DIGEST_HOUR = env.int("POCWEB_DIGEST_HOUR", default=6)
MAIL_MAX_ATTEMPTS = 10
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("POCWEB_LOG_LEVEL", default="WARNING")},
}
