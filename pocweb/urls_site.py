"""Table of contents of what all apps share."""

from django.urls import path

from pocweb.views import access, desk, glossary, jobs, mission_settings, notices, offices, people, places, trail

app_name = "pocweb"
urlpatterns = [
    path("", desk.desk, name="desk"),
    path("about/", desk.about, name="about"),
    path("glossary/", glossary.glossary, name="glossary"),
    path("jobs/<int:pk>/", jobs.job_detail, name="job-detail"),
    path("jobs/<int:pk>/retry/", jobs.job_retry, name="job-retry"),
    path("notices/", notices.notice_list, name="notice-list"),
    path("notices/read/", notices.notice_read_all, name="notice-read-all"),
    path("notices/choices/", notices.notice_choices, name="notice-choices"),
    path("notices/mail/again/", notices.mail_again, name="notice-mail-again"),
    path("notices/<int:pk>/open/", notices.notice_open, name="notice-open"),
    path("places/", places.place_list, name="place-list"),
    path("places/<int:pk>/", places.place_detail, name="place-detail"),
    path("places/<int:pk>/names/", places.place_name_add, name="place-name-add"),
    path("offices/", offices.office_list, name="office-list"),
    path("offices/new/", offices.office_create, name="office-create"),
    path("offices/<int:pk>/", offices.office_detail, name="office-detail"),
    path("offices/<int:pk>/edit/", offices.office_update, name="office-update"),
    path("people/", people.person_list, name="person-list"),
    path("people/new/", people.person_create, name="person-create"),
    path("people/<int:pk>/", people.person_detail, name="person-detail"),
    path("people/<int:pk>/postings/", people.posting_add, name="posting-add"),
    path("people/<int:pk>/postings/<int:posting_pk>/end/", people.posting_end, name="posting-end"),
    path("people/<int:pk>/clearance/", people.person_clearance, name="person-clearance"),
    path("people/<int:pk>/password/", people.person_password, name="person-password"),
    path("people/<int:pk>/close/", people.person_close, name="person-close"),
    path("settings/", mission_settings.mission_settings, name="mission-settings"),
    path("access/", access.access_table, name="access-table"),
    path("access/set/", access.access_set, name="access-set"),
    path("audit/", trail.audit_list, name="audit-list"),
    path("audit/verify/", trail.audit_verify, name="audit-verify"),
]
