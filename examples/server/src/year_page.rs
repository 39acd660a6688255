//! `/user/{name}/{year}`: which years the music of a year is from.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use lastfm_core::Username;
use lastfm_core::albums::ReleaseYears;

use crate::address::ClientAddress;
use crate::app::{self, App};
use crate::chart::Chart;
use crate::failure::Failure;
use crate::layout::{Layout, Page, segment};
use crate::path;
use crate::people::Person;
use crate::standing::this_year;
use crate::view::{Phase, View, YearData};
use crate::visitor::{InPerson, Visitor};

/// How often a browser without scripts looks again, seconds.
const LOOK: u32 = 5;

#[derive(Template)]
#[template(path = "year.html")]
struct YearPage {
    layout: Layout,
    name: String,
    /// `/user/rj`
    home: String,
    year: i16,
    /// Neighbours that there are.
    before: Option<i16>,
    after: Option<i16>,
    view: View,
    chart: Chart,
    version: String,
    can_try: bool,
}

/// The chart alone, as it is put in the place of an older one.
#[derive(Template)]
#[template(path = "chart.html")]
struct Fragment {
    home: String,
    year: i16,
    chart: Chart,
    version: String,
}

/// The page. Orders what the year still needs.
pub(crate) async fn show(
    _: InPerson,
    visitor: Visitor,
    client: ClientAddress,
    State(app): app::State,
    Path((name, year)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (asked, year) = (path::name(&name)?, path::year(&year)?);
    let person = app.person(&asked, client).await?;
    if person.name.as_str() != name {
        return Ok(moved(&person, &format!("/{year}")));
    }
    let looked = look_at(&app, &person, year).await?;
    if !looked.view.covered && looked.job_states.fetching().is_none() {
        // A fetch would come to nothing if the history is hidden.
        if let Some(Err(hidden @ Failure::Hidden(_))) = app.latest(&person.name, true).await {
            return Err(hidden);
        }
    }
    let standing = looked.standing.as_deref();
    app.see_to(&person.name, year, standing, &looked.job_states, client).await?;
    app.see_to_years(&looked).await?;
    let YearData { view, year: of, .. } = app.look(&person.name, year).await?;
    let years = of.as_ref().map_or_else(ReleaseYears::default, |of| of.years.clone());
    let home = format!("/user/{}", segment(person.name.as_str()));
    let at_lastfm = at_lastfm(&person.name, year);
    let layout = Layout::new(visitor).at_lastfm(at_lastfm);
    let first = person.registered_at.and_then(lastfm_core::Timestamp::year);
    let page = YearPage {
        layout: if view.is_over() { layout } else { layout.refresh(LOOK) },
        name: person.name.to_string(),
        home,
        year,
        before: Some(year - 1).filter(|year| first.is_none_or(|first| *year >= first)),
        after: Some(year + 1).filter(|year| *year <= this_year()),
        can_try: view.phase == Phase::Failed,
        version: view.chart.clone(),
        view,
        chart: Chart::new(&years, this_year()),
    };
    Ok(Page(page).into_response())
}

/// `/user/{name}/{year}/chart`: the chart as it is now. Orders nothing.
pub(crate) async fn chart(
    State(app): app::State,
    Path((name, year)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (name, year) = (path::name(&name)?, path::year(&year)?);
    let looked = app.look(&name, year).await?;
    let of = looked.year.ok_or(Failure::NotFound)?;
    let home = format!("/user/{}", segment(looked.view.user.as_str()));
    let chart = Chart::new(&of.years, this_year());
    Ok(Page(Fragment { home, year, chart, version: looked.view.chart }).into_response())
}

/// `POST /user/{name}/{year}/fetch`: orders a year that was given up once more.
pub(crate) async fn fetch(
    client: ClientAddress,
    State(app): app::State,
    Path((name, year)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (asked, year) = (path::name(&name)?, path::year(&year)?);
    let person = app.person(&asked, client).await?;
    path::of_person(&person, None, year)?;
    app.order_fetch(&person.name, Some(year), client).await?;
    Ok(Redirect::to(&format!("/user/{}/{year}", segment(person.name.as_str()))).into_response())
}

/// Where somebody's pages are, by the name as Last.fm spells it.
pub(crate) fn moved(person: &Person, rest: &str) -> Response {
    let name = segment(person.name.as_str());
    Redirect::temporary(&format!("/user/{name}{rest}")).into_response()
}

/// How a year of somebody stands, if their account has one.
pub(crate) async fn look_at(app: &App, person: &Person, year: i16) -> Result<YearData, Failure> {
    let looked = app.look(&person.name, year).await?;
    path::of_person(person, first_archived(&looked), year)?;
    Ok(looked)
}

fn first_archived(looked: &YearData) -> Option<i16> {
    let (first, _) = looked.standing.as_ref()?.status.bounds?;
    first.year()
}

/// The same year in somebody's library at Last.fm.
fn at_lastfm(name: &Username, year: i16) -> String {
    let name = segment(name.as_str());
    format!("https://www.last.fm/user/{name}/library?from={year}-01-01&to={year}-12-31")
}
