"""Addresses of the atrocity watch and the trigger calendar."""

from django.urls import URLPattern, path

from threats.views import trigger_acts, triggers, watch, watch_acts, watch_files

urlpatterns: list[URLPattern] = [
    path("watch/", watch.watch_board, name="watch"),
    path("watch/export/<str:kind>/", watch_files.watch_export, name="watch-export"),
    path("watch/<int:number>/", watch.factor_detail, name="factor-detail"),
    path("watch/<int:number>/baseline/", watch_acts.factor_baseline, name="factor-baseline"),
    path("watch/<int:number>/read/", watch_acts.factor_read, name="factor-read"),
    path("calendar/", triggers.trigger_list, name="trigger-list"),
    path("calendar/export/<str:kind>/", watch_files.trigger_export, name="trigger-export"),
    path("calendar/new/", trigger_acts.trigger_create, name="trigger-create"),
    path("calendar/<int:pk>/", triggers.trigger_detail, name="trigger-detail"),
    path("calendar/<int:pk>/edit/", trigger_acts.trigger_update, name="trigger-update"),
    path("calendar/<int:pk>/effect/", trigger_acts.trigger_effect, name="trigger-effect"),
    path("calendar/<int:pk>/call-off/", trigger_acts.trigger_call_off, name="trigger-call-off"),
]
