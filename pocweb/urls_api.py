"""Table of contents of the API."""

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

# the documentation page draws its own styles and icons; it shows no record, and scripts stay our own files
docs = csp_update({"style-src": [UNSAFE_INLINE], "img-src": ["data:"]})(
    SpectacularSwaggerSplitView.as_view(url_name="api-schema")
)

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("", include("threats.api.routes")),
    path("", include("strategy.api.routes")),
    path("", include("coordination.api.routes")),
    path("", include("reporting.api.routes")),
    path("docs/", docs, name="api-docs"),
]
