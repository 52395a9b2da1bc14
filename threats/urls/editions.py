"""Addresses of matrix editions and of the exports of the matrix."""

from django.urls import URLPattern, path, re_path

from threats.views import edition_changes, edition_rounds, editions, exports

urlpatterns: list[URLPattern] = [
    path("matrix/<slug:code>/changes/", edition_changes.matrix_changes, name="matrix-changes"),
    path("matrix/<slug:code>/editions/", editions.edition_list, name="edition-list"),
    path("matrix/<slug:code>/editions/new/", edition_rounds.edition_create, name="edition-create"),
    re_path(
        r"^matrix/(?P<code>[-\w]+)/export/(?P<kind>csv|json|xlsx|pdf)/$", exports.matrix_export, name="matrix-export"
    ),
    path("matrix/files/<int:job>/", exports.matrix_file, name="matrix-file"),
    path("editions/<int:pk>/", editions.edition_detail, name="edition-detail"),
    path("editions/<int:pk>/compare/<int:other>/", edition_changes.edition_compare, name="edition-compare"),
    path("editions/<int:pk>/compare/<int:other>/csv/", edition_changes.edition_compare_csv, name="edition-compare-csv"),
    path("editions/<int:pk>/rows/<int:threat>/confirm/", edition_rounds.rating_confirm, name="rating-confirm"),
    re_path(
        r"^editions/(?P<pk>[0-9]+)/export/(?P<kind>csv|json|xlsx|pdf)/$", exports.edition_export, name="edition-export"
    ),
    re_path(r"^editions/(?P<pk>[0-9]+)/(?P<act>consult|approve|return)/$", editions.edition_act, name="edition-act"),
]
