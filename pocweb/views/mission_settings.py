"""The page of a mission's settings."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pocweb.choices import Marking
from pocweb.errors import Forbidden, RuleError
from pocweb.fieldlist import for_people
from pocweb.mission_settings import SET, SettingsConflict, set_mission, settings_history
from pocweb.mission_settings_form import SettingsForm
from pocweb.models import Mission
from pocweb.pages import history_lines, permitted


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(SET)
def mission_settings(request: HttpRequest) -> HttpResponse:
    """Show and change what the mission sets for itself, each value with its source, and who changed what."""
    found: Mission | None = getattr(request.user, "mission", None)
    if found is None:
        raise Http404
    mission = Mission.objects.get(pk=found.pk)
    form = SettingsForm(request.POST or None, mission=mission, user=request.user)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                set_mission(mission, values=form.values(), base=form.base, by=request.user)
            except SettingsConflict as error:
                form, status = _compared(request, mission, form, error), 409
            except RuleError as error:
                if isinstance(error, Forbidden):
                    raise
                form.add_error(error.field, error.message)
            else:
                messages.success(request, _("The settings hold from now on."))
                return redirect("pocweb:mission-settings")
    events = history_lines(settings_history(mission)[:20], labels=SettingsForm.labels(), show=_show)
    context = {"form": form, "events": events, "mission": mission}
    return render(request, "pocweb/mission_settings.html", context, status=status)


def _compared(request: HttpRequest, mission: Mission, form: SettingsForm, error: SettingsConflict) -> SettingsForm:
    """Return the form with the person's own values, the other's beside each that both changed; the rest is theirs."""
    data: dict[str, Any] = {name: value for name, value in form.values().items() if value != form.base[name]}
    again = SettingsForm(
        {**error.theirs, **data, "based_on": SettingsForm.signed(error.theirs)}, mission=mission, user=request.user
    )
    again.is_valid()
    for name in error.fields:
        words = {"who": error.who, "value": _show(name, error.theirs[name])}
        sentence = _("%(who)s set this meanwhile: %(value)s. Save again to put yours in its place.")
        again.add_error(name, sentence % words)
    return again


def _show(name: str, value: Any) -> str:
    return str(Marking(value).label) if name == "default_marking" else for_people(value)
