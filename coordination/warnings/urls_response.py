"""Addresses of recipients, decisions, responses, harm assessments, tellings."""

from django.urls import path, re_path

from coordination.warnings import decision_views as decided
from coordination.warnings import response_views as views
from coordination.warnings import sending_views as sending

urlpatterns = [
    path("alerts/recipients/", sending.recipient_rules, name="recipient-rules"),
    re_path(
        r"^alerts/recipients/(?P<step>[A-Z0-9]{1,4})/remove/$",
        sending.recipient_rule_remove,
        name="recipient-rule-remove",
    ),
    path("alerts/<int:pk>/send/", sending.case_send_out, name="case-send-out"),
    re_path(r"^alerts/(?P<pk>[0-9]+)/share/(?P<step>6|N12)/$", sending.case_share, name="case-share"),
    path("alerts/<int:pk>/acknowledge/", sending.case_acknowledge, name="case-acknowledge"),
    path("alerts/<int:pk>/emergency/", decided.case_emergency, name="case-emergency"),
    path("alerts/<int:pk>/decision/", decided.case_decision, name="case-decision"),
    path("alerts/<int:pk>/table/", decided.case_table, name="case-table"),
    path("alerts/<int:pk>/tell/", decided.case_tell, name="case-tell"),
    path("alerts/<int:pk>/close/", decided.case_close, name="case-close"),
    path("alerts/<int:pk>/implement/", views.case_implement, name="case-implement"),
    path("alerts/<int:pk>/harm/", views.harm_create, name="harm-create"),
    path("alerts/<int:pk>/responses/new/", views.response_create, name="response-create"),
    path("responses/<int:pk>/", views.response_detail, name="response-detail"),
    path("responses/<int:pk>/edit/", views.response_update, name="response-update"),
    re_path(
        r"^responses/(?P<pk>[0-9]+)/(?P<act>begin|finish|hinder|effect)/$", views.response_act, name="response-act"
    ),
    path("harm-assessments/<int:pk>/send/", views.harm_send, name="harm-send"),
]
