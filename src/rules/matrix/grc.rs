//! Lists of risks, and the files of SAP's Access Control that `GRAC_DOWNLOAD_RULES` writes.
//!
//! Their columns are those of the tables behind them: `GRACFUNC` (FUNCTID), `GRACFUNCACT` (FUNCTID, CONNECTOR, ACTION,
//! ACTIVE), `GRACFUNCPRM` (FUNCTID, ACTION, CONNECTOR, SEQUENCE, RESOURCEID, RESOURCEEXTN, FROMVAL, TOVAL, SEARCHTYPE,
//! ACTIVE), and the risks with up to five functions, their process, level and type. Sources:
//! <https://www.sapdatasheet.org/abap/tabl/gracfuncactext.html>,
//! <https://www.testingbrain.com/sap/grc-tutorial/gracfuncprm-table-in-sap.html>,
//! <https://community.sap.com/t5/application-development-blog-posts/download-modify-and-upload-the-access-risk-analysis-rule-set-in-sap-access/ba-p/13082519>.
//! The levels 0 to 3 are SAP's own (<https://www.sapdatasheet.org/abap/cus0/gracrisklevel.html>); which word each number has
//! is the customer's to check, and can be said otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::sheet::{Sheet, is_formula, plain};
use super::{At, Drawing, DrawnConflict, Object, code, named};

const FUNCTION: &[&str] = &["functid", "functionid", "function", "funcid", "funct"];
const ACTION: &[&str] = &["action", "actionid", "tcode", "transaction", "transactioncode"];
const OBJECT: &[&str] =
    &["resourceid", "resource", "permission", "permissionobject", "authobject", "authorizationobject", "object"];
const FIELD: &[&str] = &["resourceextn", "resourceextension", "field", "fieldname", "permissionfield"];
const FROM: &[&str] = &["fromval", "fromvalue", "valuefrom", "from", "low", "lowvalue", "value"];
const TO: &[&str] = &["toval", "tovalue", "valueto", "to", "high", "highvalue"];
const SEARCH: &[&str] = &["searchtype", "andor", "condition", "logicaloperator", "operator"];
const ACTIVE: &[&str] = &["active", "status", "activeindicator"];
const RISK: &[&str] = &["riskid", "accessriskid", "sodriskid", "risk", "id"];
const LEVEL: &[&str] = &["risklevel", "level", "severity", "priority", "riskpriority", "rating"];
const KIND: &[&str] = &["risktype", "type"];
const PROCESS: &[&str] = &["bproc", "bprocid", "businessprocess", "businessprocessid", "process"];
const LANGUAGE: &[&str] = &["langu", "language", "lang"];
const SHORT: &[&str] = &[
    "descn",
    "description",
    "desc",
    "riskdescription",
    "functiondescription",
    "shortdescription",
    "shorttext",
    "name",
];
const LONG: &[&str] = &["ldescn", "longdescription", "detaileddescription", "longtext", "detail", "riskdetail"];

/// Everything that was read, until the last file is.
#[derive(Default)]
pub(super) struct Files {
    functions: BTreeMap<String, (String, At)>,
    actions: BTreeMap<String, BTreeMap<String, At>>,
    objects: BTreeMap<(String, String), Vec<(Object, At)>>,
    risks: Vec<Risk>,
    descriptions: BTreeMap<String, String>,
    processes: BTreeMap<String, String>,
    left_out: Vec<(At, String)>,
}

struct Risk {
    id: String,
    functions: Vec<String>,
    level: String,
    process: String,
    text: String,
    at: At,
}

impl Files {
    fn leave(&mut self, at: At, why: impl Into<String>) {
        self.left_out.push((at, why.into()));
    }

    /// Takes a sheet; whether it is one of these.
    pub(super) fn take(&mut self, sheet: &Sheet) -> bool {
        let (function, action, object) = (sheet.column(FUNCTION), sheet.column(ACTION), sheet.column(OBJECT));
        let (risk, short) = (sheet.column(RISK), sheet.column(SHORT));
        let numbered = numbered(sheet);
        match (risk, function, action, object) {
            (Some(risk), ..) if !numbered.is_empty() => self.risks(sheet, risk, &numbered),
            // Risks without ids are called by what conflicts in them.
            (None, ..) if numbered.len() > 1 => self.risks(sheet, usize::MAX, &numbered),
            (_, Some(function), Some(action), Some(object)) => self.permissions(sheet, function, action, object),
            (_, Some(function), Some(action), None) => self.actions(sheet, function, action),
            (None, Some(function), None, None) if short.is_some() => {
                self.texts(sheet, function, short, Texts::Functions)
            }
            (Some(risk), None, None, None) if short.is_some() => self.texts(sheet, risk, short, Texts::Risks),
            (None, None, None, None) if short.is_some() && sheet.column(PROCESS).is_some() => {
                self.texts(sheet, sheet.column(PROCESS).unwrap_or_default(), short, Texts::Processes);
            }
            (Some(_), None, None, None) => {
                self.leave(
                    sheet.at(sheet.header_line),
                    "says of risks nothing that a ruleset has: their owners or their rule sets",
                );
            }
            _ => return false,
        }
        true
    }

    fn risks(&mut self, sheet: &Sheet, risk: usize, numbered: &[usize]) {
        let column = |titles: &[&str]| sheet.column(titles);
        let (level, process, kind, active) = (column(LEVEL), column(PROCESS), column(KIND), column(ACTIVE));
        let text = column(LONG).or(column(SHORT));
        let cell = |cells: &[String], column: Option<usize>| {
            column.and_then(|column| cells.get(column)).cloned().unwrap_or_default()
        };
        for (line, cells) in &sheet.rows {
            let (at, id) = (sheet.at(*line), cell(cells, Some(risk)));
            if is_inactive(&cell(cells, active)) {
                self.leave(at, format!("the risk `{id}` is not active"));
                continue;
            }
            let mut functions: Vec<String> =
                numbered.iter().map(|column| cell(cells, Some(*column))).filter(|name| !name.is_empty()).collect();
            if let Some(formula) = functions.iter().chain([&id]).find(|name| is_formula(name)) {
                let why = format!("`{formula}` is a formula and no name");
                self.leave(at, why);
                continue;
            }
            let many = functions.len();
            let mut seen = BTreeSet::new();
            functions.retain(|name| seen.insert(named(name).key));
            if functions.len() < many {
                self.leave(at.clone(), format!("the risk `{id}` names a function twice; it counts once"));
            }
            if functions.is_empty() || (functions.len() == 1 && many > 1) {
                self.leave(at, format!("the risk `{id}` names no two functions"));
                continue;
            }
            // A risk of one function is a critical action only where the file says so, or has but one column for it.
            let kind = plain(&cell(cells, kind));
            if functions.len() == 1 && !matches!(kind.as_str(), "2" | "3" | "criticalaction" | "criticalpermission") {
                self.leave(at, format!("the risk `{id}` names one function alone"));
                continue;
            }
            if let Some(earlier) = self.risks.iter().find(|own| own.id == id && !id.is_empty()) {
                let why = format!("the risk `{id}` is on {}, too; both count", earlier.at);
                self.leave(at.clone(), why);
            }
            let (level, process, text) = (cell(cells, level), cell(cells, process), cell(cells, text));
            self.risks.push(Risk { id, functions, level, process, text, at });
        }
    }

    fn actions(&mut self, sheet: &Sheet, function: usize, action: usize) {
        let active = sheet.column(ACTIVE);
        for (line, cells) in &sheet.rows {
            let at = sheet.at(*line);
            let (Some(name), Some(own)) = (filled(cells, function), filled(cells, action)) else {
                self.leave(at, "a row without a function or without an action");
                continue;
            };
            if is_formula(own) || is_formula(name) {
                self.leave(at, format!("`{own}` of `{name}` is a formula and no name"));
            } else if active.and_then(|column| cells.get(column)).is_some_and(|active| is_inactive(active)) {
                self.leave(at, format!("the action `{own}` of `{name}` is not active"));
            } else {
                self.actions.entry(named(name).key).or_default().entry(own.to_owned()).or_insert(at);
            }
        }
    }

    fn permissions(&mut self, sheet: &Sheet, function: usize, action: usize, object: usize) {
        let column = |titles: &[&str]| sheet.column(titles);
        let (field, from, to) = (column(FIELD), column(FROM), column(TO));
        let (search, active) = (column(SEARCH), column(ACTIVE));
        for (line, cells) in &sheet.rows {
            let at = sheet.at(*line);
            let own = |column: Option<usize>| column.and_then(|column| filled(cells, column)).unwrap_or_default();
            let (Some(name), Some(action), Some(object)) =
                (filled(cells, function), filled(cells, action), filled(cells, object))
            else {
                self.leave(at, "a row without a function, an action or a permission");
                continue;
            };
            let what = format!("{object} {} {} of `{action}` in `{name}`", own(field), own(from));
            if is_inactive(own(active)) {
                self.leave(at, format!("{what} is not active"));
            } else if own(search).eq_ignore_ascii_case("not") {
                self.leave(
                    at,
                    format!("{what} must not be there, which no binding can say; the action counts without it"),
                );
            } else if !own(to).is_empty() && own(to) != own(from) {
                self.leave(at, format!("{what} to {} is a range; the action counts without it", own(to)));
            } else if own(field).is_empty() || own(from).is_empty() || own(from) == "*" || own(from).starts_with('$') {
                self.leave(at, format!("{what} asks for no value; the action counts without it"));
            } else {
                self.permission((named(name).key, action.to_owned()), object, own(field), own(from), at);
            }
        }
    }

    fn permission(&mut self, key: (String, String), object: &str, field: &str, value: &str, at: At) {
        let objects = self.objects.entry(key).or_default();
        if !objects.iter().any(|(own, _)| own.name == object) {
            objects.push((Object { name: object.to_owned(), fields: BTreeMap::new() }, at));
        }
        if let Some((own, _)) = objects.iter_mut().find(|(own, _)| own.name == object) {
            own.fields.entry(field.to_owned()).or_default().insert(value.to_owned());
        }
    }

    fn texts(&mut self, sheet: &Sheet, key: usize, short: Option<usize>, which: Texts) {
        let (language, long) = (sheet.column(LANGUAGE), sheet.column(LONG));
        for (line, cells) in &sheet.rows {
            let (Some(key), at) = (filled(cells, key), sheet.at(*line)) else {
                self.leave(sheet.at(*line), "a row without an id");
                continue;
            };
            let spoken = language.and_then(|column| filled(cells, column)).unwrap_or("EN");
            let text = short.and_then(|column| filled(cells, column)).unwrap_or_default();
            if !matches!(plain(spoken).as_str(), "en" | "e" | "english") {
                self.leave(at, format!("`{text}` is in {spoken}: the English text counts"));
                continue;
            }
            let long = long.and_then(|column| filled(cells, column)).unwrap_or(text);
            match which {
                Texts::Functions => {
                    self.functions.entry(named(key).key).or_insert((text.to_owned(), at));
                }
                Texts::Risks => {
                    self.descriptions.entry(key.to_owned()).or_insert_with(|| long.to_owned());
                }
                Texts::Processes => {
                    self.processes.entry(key.to_owned()).or_insert_with(|| text.to_owned());
                }
            }
        }
    }

    /// Draws what was read.
    pub(super) fn draw(self, drawing: &mut Drawing<'_>) {
        for (at, why) in self.left_out {
            drawing.leave(at, why);
        }
        let mut bare = BTreeSet::new();
        for risk in self.risks {
            let severity = drawing.level(&risk.level).unwrap_or_else(|| {
                let why = match risk.level.as_str() {
                    "" => format!("the risk `{}` has no level; it is taken as {}", risk.id, drawing.wish.severity),
                    level => format!("the level `{level}` is not known; it is taken as {}", drawing.wish.severity),
                };
                drawing.leave(risk.at.clone(), why);
                drawing.wish.severity
            });
            let mut duties = Vec::new();
            for name in &risk.functions {
                let key = named(name).key;
                let id = drawing.duty(name, &risk.at);
                if let Some(duty) = drawing.drawn.duties.get_mut(&id).filter(|_| bare.insert(id.clone())) {
                    if let Some((title, at)) = self.functions.get(&key).filter(|(title, _)| !title.is_empty()) {
                        duty.title.clone_from(title);
                        duty.at.clone_from(at);
                    }
                    let process = self.processes.get(&risk.process).unwrap_or(&risk.process);
                    if !process.is_empty() {
                        duty.process.clone_from(process);
                    }
                    for (action, at) in self.actions.get(&key).into_iter().flatten() {
                        let objects = self.objects.get(&(key.clone(), action.clone()));
                        let objects = objects.into_iter().flatten().map(|(object, _)| object.clone()).collect();
                        if duty.actions.is_empty() {
                            duty.actions_at.clone_from(at);
                        }
                        duty.actions.insert(action.clone(), objects);
                    }
                }
                duties.push(id);
            }
            if let [only] = duties.as_slice() {
                if let Some(duty) = drawing.drawn.duties.get_mut(only) {
                    duty.alone = duty.alone.max(Some(severity));
                }
                continue;
            }
            let titles: Vec<String> =
                duties.iter().filter_map(|id| Some(drawing.drawn.duties.get(id)?.title.clone())).collect();
            let said = self.descriptions.get(&risk.id).cloned().filter(|text| !text.is_empty()).unwrap_or(risk.text);
            let said = if said.is_empty() { format!("One person can do all of: {}.", titles.join(", ")) } else { said };
            let id = if risk.id.is_empty() { titles.join("--") } else { risk.id };
            drawing.conflict(&code(&id), DrawnConflict { duties, severity, risk: said, at: risk.at });
        }
        let named: BTreeSet<&String> = drawing.ids.keys().collect();
        let unused: Vec<(At, String)> = self
            .functions
            .iter()
            .filter(|(key, _)| !named.contains(key))
            .map(|(_, (title, at))| (at.clone(), format!("no risk names the function `{title}`")))
            .collect();
        for (at, why) in unused {
            drawing.leave(at, why);
        }
    }
}

#[derive(Clone, Copy)]
enum Texts {
    Functions,
    Risks,
    Processes,
}

/// The columns of a risk's functions: `FUNCTID1`, `Function 2`, `Duty B` …
fn numbered(sheet: &Sheet) -> Vec<usize> {
    let is = |title: &String| {
        let title = plain(title);
        ["functionid", "functid", "function", "funct", "func", "duty"].iter().any(|word| {
            let number = title.strip_prefix(word).unwrap_or_default();
            number.len() == 1 && number.chars().all(|c| c.is_ascii_digit() || matches!(c, 'a'..='e'))
        })
    };
    let columns = sheet.header.iter().enumerate().filter(|(_, title)| is(title));
    columns.map(|(column, _)| column).collect()
}

fn filled(cells: &[String], column: usize) -> Option<&str> {
    cells.get(column).map(String::as_str).filter(|cell| !cell.is_empty())
}

/// Whether a status says so in words. What a number means differs by release, and what is active is the stricter guess.
fn is_inactive(status: &str) -> bool {
    matches!(plain(status).as_str(), "inactive" | "disabled" | "no" | "n" | "false")
}
