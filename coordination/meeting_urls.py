"""Addresses of meetings, decisions, action points and issues."""

from django.urls import path, re_path

from coordination.issues import views as issues
from coordination.meetings import actions, change_views, files, session, views

urlpatterns = [
    path("meetings/", views.meeting_list, name="meeting-list"),
    path("meetings/new/", views.meeting_create, name="meeting-create"),
    path("meetings/<int:pk>/", views.meeting_detail, name="meeting-detail"),
    path("meetings/<int:pk>/edit/", change_views.meeting_update, name="meeting-update"),
    re_path(r"^meetings/(?P<pk>[0-9]+)/(?P<act>open|call-off|close)/$", views.meeting_act, name="meeting-act"),
    path("meetings/<int:pk>/agenda/", views.meeting_agenda, name="meeting-agenda"),
    re_path(
        r"^meetings/(?P<pk>[0-9]+)/agenda/(?P<item>[0-9]+)/(?P<act>up|down|remove)/$",
        views.item_act,
        name="meeting-item-act",
    ),
    path("meetings/<int:pk>/session/", session.meeting_session, name="meeting-session"),
    path("meetings/<int:pk>/session/attendance/", session.meeting_attendance, name="meeting-attendance"),
    path("meetings/<int:pk>/session/items/<int:item>/", session.meeting_item, name="meeting-item"),
    path("meetings/<int:pk>/pdf/", files.meeting_pdf, name="meeting-pdf"),
    path("meetings/files/<int:job>/", files.meeting_file, name="meeting-file"),
    path("decisions/<int:pk>/overrule/", actions.decision_overrule, name="decision-overrule"),
    path("issues/", issues.issue_list, name="issue-list"),
    path("issues/new/", issues.issue_create, name="issue-create"),
    path("issues/<int:pk>/", issues.issue_detail, name="issue-detail"),
    re_path(
        r"^issues/(?P<pk>[0-9]+)/(?P<act>decide|refer|implement|report|close)/$", issues.issue_act, name="issue-act"
    ),
    path("actions/", actions.action_list, name="action-list"),
    re_path(r"^actions/export\.(?P<kind>csv|xlsx)$", actions.action_export, name="action-export"),
    path("actions/<int:pk>/", actions.action_detail, name="action-detail"),
    re_path(r"^actions/(?P<pk>[0-9]+)/(?P<act>finish|drop)/$", actions.action_act, name="action-act"),
]
