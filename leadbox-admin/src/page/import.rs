//! Leads from a file that was sent, step by step: its columns are looked at, it is tried and imported. Owns the steps; what
//! becomes of rows is core's.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Redirect, Response};
use futures_util::stream;
use leadbox_core::access::Capability;
use leadbox_core::transfer::{
    Counts, Ending, Format, ImportReport, ImportState, Importer, Mapping, Preview, TransferError,
    UnknownColumns,
};
use leadbox_core::{Error, IdentityKind, ImportId, Invalid, LeadBox};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::Doc;
use super::bulk_plan::{Count, number};
use super::fields::{Fields, value};
use super::input::Input;
use super::lexicon::Lexicon;
use super::shell::{Shell, Visit};
use super::words::Words;
use crate::admin::Shared;
use crate::api::transfer_problem;
use crate::serve::{Chosen, Problem, Run, Upload, streamed};

/// How much of the refused rows is read at once, in bytes.
const CHUNK: usize = 64 << 10;

/// By what known leads are recognised: what is sent, in words, and the keys.
const KEYS: [(&str, &str, &[IdentityKind]); 4] = {
    use IdentityKind::{Email, ExternalId, Phone};
    [
        ("", "Your own id, else e-mail", &[ExternalId, Email]),
        ("email", "E-mail", &[Email]),
        ("phone", "Phone", &[Phone]),
        ("none", "Nothing: every row is a new lead", &[]),
    ]
};

pub(super) fn to_import(doc: &Doc, id: ImportId) -> Redirect {
    Redirect::to(&doc.page(&format!("import/{id}")))
}

/// A column with the input that says which field it fills.
struct Column {
    name: String,
    samples: String,
    input: Input,
}

/// A row that was refused.
struct Refused {
    row: String,
    field: String,
    message: String,
}

#[derive(Template)]
#[template(path = "import.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    id: String,
    name: String,
    /// Empty for JSON Lines, and once it is imported.
    columns: Vec<Column>,
    keys: Input,
    /// Whether it can be tried and imported.
    open: bool,
    tried: bool,
    imported: bool,
    running: bool,
    done: u64,
    size: u64,
    counts: Vec<Count>,
    failed: String,
    refused: Vec<Refused>,
    has_refused: bool,
    may_undo: bool,
    /// Whether the file is here no longer.
    gone: bool,
}

pub(super) fn read_id(id: &str) -> Result<ImportId, Error> {
    id.parse().map_err(|_| Error::not_found("import", id))
}

fn counted(counts: &Counts) -> Vec<Count> {
    let all = [
        ("Rows", counts.rows),
        ("New leads", counts.created),
        ("Changed leads", counts.updated),
        ("Nothing new", counts.unchanged),
        ("Refused", counts.failed),
    ];
    all.map(|(label, n)| Count { label, leads: number(n) }).into()
}

/// `GET /import/{id}`.
pub(crate) async fn import(
    State(shared): State<Shared>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let id = read_id(&id)?;
    let Visit { doc, shell, leadbox, .. } = visit.on("import");
    leadbox.rights().require_capability(Capability::LeadsImport)?;
    let Some(upload) = shared.uploads.of(id, &leadbox) else {
        let known = ImportState::of(&leadbox, id).await.map_err(transfer_problem)?;
        let state = known.ok_or_else(|| {
            Problem::not_found("The file is here no longer: it waits for an hour. Send it again.")
        })?;
        let page = Page {
            counts: counted(&state.counts),
            imported: true,
            may_undo: state.counts.created + state.counts.updated > 0,
            gone: true,
            ..blank(doc, shell, id)
        };
        return Ok(Html(page.render()?));
    };
    let lexicon = Lexicon::of(&leadbox).await?;
    let words = lexicon.words();
    let opened = upload.open().await.map_err(|error| Problem::broken(&error))?;
    let preview = Preview::of(&leadbox, opened).await.map_err(transfer_problem)?;
    let (run, chosen, by) = {
        let state = upload.state();
        (state.run.clone(), state.chosen.clone(), state.by.clone())
    };
    let mut page = Page {
        name: upload.name.clone(),
        size: upload.size,
        columns: columns(&preview, chosen.as_ref(), &words),
        keys: Input {
            value: by,
            ..Input::new("by", "Known leads are recognised by", "text").choices(
                KEYS.iter().map(|(key, says, _)| ((*key).to_owned(), (*says).to_owned())).collect(),
            )
        },
        open: true,
        ..blank(doc, shell, id)
    };
    match run {
        Run::Waiting => {}
        Run::Going { tries, counts, bytes } => {
            (page.running, page.open, page.tried) = (true, false, tries);
            (page.done, page.counts) = (bytes, counted(&counts));
        }
        Run::Failed(why) => page.failed = why,
        Run::Ended(report) => report_on(&mut page, &report, &words),
    }
    Ok(Html(page.render()?))
}

fn report_on(page: &mut Page, report: &ImportReport, words: &Words<'_>) {
    page.tried = report.ending == Ending::DryRun;
    (page.imported, page.open) = (!page.tried, page.tried);
    page.counts = counted(&report.counts);
    page.may_undo = page.imported && report.created + report.updated > 0;
    page.has_refused = report.failed > 0;
    let refused = report.errors.iter().map(|one| Refused {
        row: number(one.row),
        field: one.column.clone().unwrap_or_else(|| words.label(&one.field)),
        message: one.message.clone(),
    });
    page.refused = refused.collect();
}

/// A page on which nothing is told yet.
fn blank(doc: Doc, shell: Shell, id: ImportId) -> Page {
    Page {
        doc,
        shell,
        id: id.to_string(),
        name: String::new(),
        columns: Vec::new(),
        keys: Input::new("by", "", "text"),
        open: false,
        tried: false,
        imported: false,
        running: false,
        done: 0,
        size: 0,
        counts: Vec::new(),
        failed: String::new(),
        refused: Vec::new(),
        has_refused: false,
        may_undo: false,
        gone: false,
    }
}

/// The columns of a CSV file, with the fields that were chosen for them, or that their names mean.
fn columns(preview: &Preview, chosen: Option<&Chosen>, words: &Words<'_>) -> Vec<Column> {
    let fields = Mapping::fields(words.catalog).into_iter().map(|field| {
        let label = words.label(&field);
        (field, label)
    });
    let mut choices = vec![(String::new(), "Pass over".to_owned())];
    choices.extend(fields);
    let column = |(place, one): (usize, &leadbox_core::transfer::PreviewColumn)| {
        let chosen = chosen.and_then(|all| all.get(place)).map(|(_, field)| field.clone());
        let field = chosen.unwrap_or_else(|| one.field.clone());
        let name = format!("column-{place}");
        let value = field.unwrap_or_default();
        let input = Input::new(&name, &one.column, "text").choices(choices.clone());
        Column {
            name: one.column.clone(),
            samples: one.samples.join(", "),
            input: Input { value, ..input },
        }
    };
    preview.columns.iter().enumerate().map(column).collect()
}

/// `POST /import/{id}`: tries the file or imports it, as its columns were chosen.
pub(crate) async fn run(
    State(shared): State<Shared>,
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Redirect, Problem> {
    let id = read_id(&id)?;
    visit.leadbox.rights().require_capability(Capability::LeadsImport)?;
    let upload = shared.uploads.of(id, &visit.leadbox).ok_or_else(|| {
        Problem::not_found("The file is here no longer: it waits for an hour. Send it again.")
    })?;
    let tries = match value(&fields, "do") {
        "try" => true,
        "import" => false,
        _ => return Err(Invalid::one("do", "is try or import").into()),
    };
    let keys = KEYS.iter().find(|(key, ..)| *key == value(&fields, "by"));
    let keys = keys.ok_or_else(|| Invalid::one("by", "recognises no lead"))?.2;
    let opened = upload.open().await.map_err(|error| Problem::broken(&error))?;
    let preview = Preview::of(&visit.leadbox, opened).await.map_err(transfer_problem)?;
    let chosen: Chosen = preview
        .columns
        .iter()
        .enumerate()
        .map(|(place, one)| match value(&fields, &format!("column-{place}")) {
            "" => (one.column.clone(), None),
            field => (one.column.clone(), Some(field.to_owned())),
        })
        .collect();
    let kept = |error: std::io::Error| Problem::broken(&error);
    let files = (upload.open().await.map_err(kept)?, upload.refused().await.map_err(kept)?);
    {
        let mut state = upload.state();
        let over = matches!(&state.run, Run::Ended(report) if report.ending != Ending::DryRun);
        // Sent twice, it is done once.
        if over || matches!(state.run, Run::Going { .. }) {
            return Ok(to_import(&visit.doc, id));
        }
        state.run = Run::Going { tries, counts: Counts::default(), bytes: 0 };
        state.chosen = Some(chosen.clone());
        state.by = value(&fields, "by").to_owned();
    }
    let (leadbox, worked_on) = (visit.leadbox.clone(), upload.clone());
    // It goes on when nobody waits for it any more, and ends with the process; sent again, it would go on behind the rows
    // that are in.
    let work = tokio::spawn(async move {
        let run = match work(&leadbox, id, &worked_on, files, &chosen, keys, tries).await {
            Ok(report) => Run::Ended(Box::new(report)),
            Err(error) => Run::Failed(transfer_problem(error).detail),
        };
        worked_on.state().run = run;
    });
    // A short file is done at once.
    drop(tokio::time::timeout(std::time::Duration::from_secs(1), work).await);
    Ok(to_import(&visit.doc, id))
}

async fn work(
    leadbox: &LeadBox,
    id: ImportId,
    upload: &Arc<Upload>,
    (input, refused): (std::fs::File, std::fs::File),
    chosen: &Chosen,
    keys: &[IdentityKind],
    tries: bool,
) -> Result<ImportReport, TransferError> {
    let mapping = Mapping::new().unknown(UnknownColumns::Ignore);
    let mapping = chosen.iter().fold(mapping, |mapping, (column, field)| match field {
        Some(field) => mapping.column(column, field),
        None => mapping.ignore(column),
    });
    let importer = Importer::new(leadbox).mapping(mapping).upsert_by(keys.iter().copied());
    let importer = if tries { importer.dry_run() } else { importer.id(id) };
    let told = Arc::clone(upload);
    importer
        .size(upload.size)
        .errors_to(refused)
        .progress(move |progress| {
            let (counts, bytes) = (progress.counts, progress.bytes);
            told.state().run = Run::Going { tries, counts, bytes };
        })
        .run(input)
        .await
}

/// `GET /import/{id}/refused`: the rows that were refused, to be mended and imported again.
pub(crate) async fn refused(
    State(shared): State<Shared>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = read_id(&id)?;
    visit.leadbox.rights().require_capability(Capability::LeadsImport)?;
    let upload = shared.uploads.of(id, &visit.leadbox);
    let upload = upload.ok_or_else(|| Problem::not_found("The file is here no longer."))?;
    let (kind, name) = match &upload.state().run {
        Run::Ended(report) if report.format == Format::JsonLines => {
            ("application/x-ndjson", "attachment; filename=\"refused.jsonl\"")
        }
        Run::Ended(_) => ("text/csv; charset=utf-8", "attachment; filename=\"refused.csv\""),
        _ => return Err(Problem::not_found("Nothing was refused yet.")),
    };
    let rows = upload.refused().await.map_err(|error| Problem::broken(&error))?;
    let rows = stream::unfold(File::from_std(rows), |mut rows| async move {
        let mut chunk = vec![0; CHUNK];
        match rows.read(&mut chunk).await {
            Ok(0) => None,
            Ok(read) => {
                chunk.truncate(read);
                Some((Ok(chunk), rows))
            }
            Err(error) => Some((Err(error), rows)),
        }
    });
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)], streamed(rows)).into_response())
}
