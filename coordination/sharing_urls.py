"""Addresses of contacts, sharing agreements, shares and blocks."""

from django.urls import path

from coordination.sharing.views import contacts, sharing

urlpatterns = [
    path("contacts/", contacts.contact_list, name="contact-list"),
    path("contacts/new/", contacts.contact_create, name="contact-create"),
    path("contacts/hand-over/", contacts.contact_hand_over, name="contact-hand-over"),
    path("contacts/handed-over/", contacts.contact_log, name="contact-log"),
    path("contacts/files/<int:job>/", contacts.contact_file, name="contact-file"),
    path("contacts/<int:pk>/", contacts.contact_detail, name="contact-detail"),
    path("contacts/<int:pk>/edit/", contacts.contact_update, name="contact-update"),
    path("contacts/<int:pk>/check/", contacts.contact_check, name="contact-check"),
    path("contacts/<int:pk>/retire/", contacts.contact_retire, name="contact-retire"),
    path("shares/", sharing.share_list, name="share-list"),
    path("shares/new/", sharing.share_create, name="share-create"),
    path("shares/<int:pk>/", sharing.share_detail, name="share-detail"),
    path("agreements/", sharing.agreement_list, name="agreement-list"),
    path("agreements/new/", sharing.agreement_create, name="agreement-create"),
    path("agreements/<int:pk>/", sharing.agreement_detail, name="agreement-detail"),
    path("agreements/<int:pk>/edit/", sharing.agreement_update, name="agreement-update"),
    path("agreements/<int:pk>/end/", sharing.agreement_end, name="agreement-end"),
    path("threats/<int:pk>/sharing/", sharing.share_block, name="share-block"),
]
