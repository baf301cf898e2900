//! Names of types and code objects, read from C fields: no attribute access, no user code.
//!
//! Types are watched by weak references, so that a dead type's address is forgotten before it can
//! mean another one. Code objects are watched through [`code_extra`].

use std::collections::HashMap;
use std::ffi::{CStr, c_char};

use ghost_model::FunctionKind;
use ghost_tracer::{
    CodeAddress, CodeDescription, Interpreter, Scope, ScopeRules, TypeAddress, TypeDescription,
};
use pyo3::ffi::{self, PyObject, PyTypeObject};

use crate::code_extra;
use crate::frames::EventFrame;
use crate::gate::without_events;
use crate::spans;

/// Globals searched for a name: `__name__` and `__file__` are among the first of a module.
const GLOBALS_SEARCHED: usize = 64;
/// Stands for a name that is not a string.
const UNNAMED: &str = "?";

/// Looks names up in the interpreter.
#[derive(Debug)]
pub(crate) struct Naming {
    pub(crate) rules: ScopeRules,
    /// Called by the interpreter when a watched type dies.
    type_died: *mut PyObject,
    /// Weak references we hold, and the types they watch.
    watched: HashMap<usize, TypeAddress>,
    /// Finds the globals of a frame that runs a code object now.
    globals_of: fn(CodeAddress) -> *mut PyObject,
}

impl Naming {
    /// `type_died` is a callable that leads to [`Self::take_dead`]; its reference is kept for ever.
    pub(crate) fn new<F: EventFrame>(rules: ScopeRules, type_died: *mut PyObject) -> Self {
        let globals_of = |code| {
            // SAFETY: only asked from callbacks: the lock is held and a frame is executing.
            unsafe { F::executing(0) }.globals_of(code)
        };
        Self { rules, type_died, watched: HashMap::new(), globals_of }
    }

    /// The type a weak reference watched; the reference is given up.
    pub(crate) fn take_dead(&mut self, reference: *mut PyObject) -> Option<TypeAddress> {
        let class = self.watched.remove(&(reference as usize))?;
        // SAFETY: ours since `watch_type`; the interpreter holds another one during the call.
        unsafe { ffi::Py_DECREF(reference) };
        Some(class)
    }

    /// Gives up all weak references.
    pub(crate) fn unwatch_types(&mut self) {
        for reference in self.watched.drain().map(|(reference, _)| reference as *mut PyObject) {
            // SAFETY: ours since `watch_type`; a reference that goes does not call back.
            unsafe { ffi::Py_DECREF(reference) };
        }
    }

    fn watch_type(&mut self, class: *mut PyTypeObject) {
        // SAFETY: a live type, and a callable that lives for ever.
        let reference = unsafe { ffi::PyWeakref_NewRef(class.cast(), self.type_died) };
        if reference.is_null() {
            // SAFETY: the lock is held. What cannot be watched is kept alive instead.
            unsafe {
                ffi::PyErr_Clear();
                ffi::Py_INCREF(class.cast());
            }
            return;
        }
        self.watched.insert(reference as usize, TypeAddress(class as usize));
    }

    /// Whether a code object that starts in these globals is observed, and what is known of it.
    /// `None` where the interpreter has no memory left to say so: ask again.
    pub(crate) fn decide(
        &self,
        code: *mut PyObject,
        globals: *mut PyObject,
        function: *mut PyObject,
    ) -> Option<(bool, CodeDescription)> {
        let file = attribute_text(code, c"co_filename")?;
        let module = global_text(globals, "__name__").ok()?;
        let module = module.unwrap_or_else(|| UNNAMED.to_owned());
        let module_file = global_text(globals, "__file__").ok()?;
        let (observed, shown) = match self.rules.decide(&file, &module, module_file.as_deref()) {
            Scope::Observed(shown) => (true, shown),
            Scope::Outside(shown) => (false, shown),
        };
        let mut description = describe(code, module, shown)?;
        if file.starts_with('<') && is_function(function) {
            // Generated code (a data class's `__init__`) has a better name on its function.
            description.qualname = attribute_text(function, c"__qualname__")?;
        }
        Some((observed, description))
    }
}

impl Interpreter for Naming {
    fn describe_type(&mut self, class: TypeAddress) -> TypeDescription {
        let class = class.0 as *mut PyTypeObject;
        without_events(|| {
            let (module, qualname) = type_names(class);
            let mortal = is_heap_type(class);
            if mortal {
                self.watch_type(class);
            }
            TypeDescription { module, qualname, mro: mro_names(class), mortal }
        })
    }

    fn describe_caller(&mut self, code: CodeAddress) -> Option<CodeDescription> {
        let object = code.0 as *mut PyObject;
        without_events(|| {
            // SAFETY: the code of a frame on the stack is alive, and the lock is held.
            let watched = unsafe { code_extra::watch(object) };
            let globals = (self.globals_of)(code);
            let decision =
                watched.then(|| self.decide(object, globals, std::ptr::null_mut())).flatten();
            decision.map(|(_, description)| description)
        })
    }

    fn span_of_sample(&mut self, is_due: bool) -> Option<u64> {
        spans::span_of_sample(is_due)
    }

    fn is_detailing(&self) -> bool {
        spans::is_detailing()
    }
}

fn describe(code: *mut PyObject, module: String, file: String) -> Option<CodeDescription> {
    let number = |name| attribute_number(code, name).map(|number| number.max(0) as usize);
    let flags = number(c"co_flags")?;
    let qualname = attribute_text(code, c"co_qualname")?;
    let (positional, keyword_only) = (number(c"co_argcount")?, number(c"co_kwonlyargcount")?);
    let varargs = flags & 0x04 != 0;
    let varkwargs = flags & 0x08 != 0;
    Some(CodeDescription {
        kind: kind(flags, &attribute_text(code, c"co_name")?),
        parameters: parameters(code, positional, keyword_only, varargs, varkwargs)?,
        line: number(c"co_firstlineno")? as u32,
        module,
        qualname,
        file,
        positional,
        keyword_only,
        varargs,
        varkwargs,
    })
}

fn kind(flags: usize, name: &str) -> FunctionKind {
    const OPTIMIZED: usize = 0x01;
    match flags {
        _ if flags & 0x20 != 0 => FunctionKind::Generator,
        _ if flags & 0x80 != 0 => FunctionKind::Coroutine,
        _ if flags & 0x200 != 0 => FunctionKind::AsyncGenerator,
        _ if flags & OPTIMIZED != 0 => FunctionKind::Function,
        _ if name == "<module>" => FunctionKind::Module,
        _ => FunctionKind::ClassBody,
    }
}

fn parameters(
    code: *mut PyObject,
    positional: usize,
    keyword_only: usize,
    varargs: bool,
    varkwargs: bool,
) -> Option<String> {
    let total = positional + keyword_only + usize::from(varargs) + usize::from(varkwargs);
    let mut names = variable_names(code, total)?;
    if varkwargs && let Some(last) = names.last_mut() {
        last.insert_str(0, "**");
    }
    if varargs && names.len() > positional + keyword_only {
        let name = names.remove(positional + keyword_only);
        names.insert(positional, format!("*{name}"));
    }
    Some(names.join(","))
}

fn variable_names(code: *mut PyObject, count: usize) -> Option<Vec<String>> {
    let tuple = attribute(code, c"co_varnames")?;
    // SAFETY: `co_varnames` is a tuple; items are borrowed from it, and it is given back last.
    unsafe {
        let length = ffi::PyTuple_Size(tuple).max(0) as usize;
        let item = |index: usize| text(ffi::PyTuple_GetItem(tuple, index as ffi::Py_ssize_t));
        let names = (0..count.min(length)).map(item).collect();
        ffi::Py_DECREF(tuple);
        names
    }
}

/// A field of a code object or function: these are C members, read without running anything. They
/// are always there, so `None` means that there is no memory left to make the object or its name.
fn attribute(code: *mut PyObject, name: &CStr) -> Option<*mut PyObject> {
    // SAFETY: a live code object; an error is cleared.
    unsafe {
        let value = ffi::PyObject_GetAttrString(code, name.as_ptr());
        if value.is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        Some(value)
    }
}

fn attribute_text(code: *mut PyObject, name: &CStr) -> Option<String> {
    let value = attribute(code, name)?;
    let text = text(value);
    // SAFETY: a new reference.
    unsafe { ffi::Py_DECREF(value) };
    text
}

fn attribute_number(code: *mut PyObject, name: &CStr) -> Option<i64> {
    let value = attribute(code, name)?;
    // SAFETY: an exact int made by the interpreter, given back; an overflow is cleared.
    unsafe {
        let number = ffi::PyLong_AsLong(value);
        ffi::Py_DECREF(value);
        if number == -1 && !ffi::PyErr_Occurred().is_null() {
            ffi::PyErr_Clear();
        }
        Some(number)
    }
}

/// The interpreter has no memory left to tell a name.
#[derive(Debug)]
struct NoMemory;

/// A string among globals, if there is one; found without hashing: a key's `__eq__` could be anything.
fn global_text(globals: *mut PyObject, name: &str) -> Result<Option<String>, NoMemory> {
    let value = dict_value(globals, name, GLOBALS_SEARCHED);
    let Some(value) = value.filter(|&value| is_text(value)) else { return Ok(None) };
    text(value).map(Some).ok_or(NoMemory)
}

/// The value under an exact string key; borrowed.
fn dict_value(dict: *mut PyObject, name: &str, searched: usize) -> Option<*mut PyObject> {
    // SAFETY: null or a live object; `PyDict_Next` runs no code, and nothing changes the dict while
    // the lock is held.
    unsafe {
        if dict.is_null() || ffi::PyDict_Check(dict) == 0 {
            return None;
        }
        let (mut at, mut key, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
        for _ in 0..searched {
            if ffi::PyDict_Next(dict, &raw mut at, &raw mut key, &raw mut value) == 0 {
                return None;
            }
            if ffi::PyUnicode_CheckExact(key) != 0 && text_is(key, name) {
                return Some(value);
            }
        }
    }
    None
}

/// # Safety
/// `object` is a live exact string.
unsafe fn text_is(object: *mut PyObject, expected: &str) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        ffi::PyUnicode_GetLength(object) == expected.len() as ffi::Py_ssize_t
            && text(object).is_some_and(|text| text == expected)
    }
}

/// Whether this is a function, whose `__qualname__` is a C member that nothing can shadow.
fn is_function(object: *mut PyObject) -> bool {
    // SAFETY: null or a live object.
    unsafe { !object.is_null() && ffi::PyFunction_Check(object) != 0 }
}

fn is_text(object: *mut PyObject) -> bool {
    // SAFETY: null or a live object.
    unsafe { !object.is_null() && ffi::PyUnicode_Check(object) != 0 }
}

fn is_heap_type(class: *mut PyTypeObject) -> bool {
    // SAFETY: a live type; flags are a plain field.
    unsafe { ffi::PyType_GetFlags(class) & ffi::Py_TPFLAGS_HEAPTYPE != 0 }
}

/// Module and qualified name of a type, from its C fields.
fn type_names(class: *mut PyTypeObject) -> (String, String) {
    if !is_heap_type(class) {
        let name = static_name(class);
        return match name.rsplit_once('.') {
            Some((module, qualname)) => (module.to_owned(), qualname.to_owned()),
            None => ("builtins".to_owned(), name),
        };
    }
    // SAFETY: a live heap type with a dict of its own; its qualified name is a new reference to a
    // string, read by C code.
    unsafe {
        let qualname = ffi::PyType_GetQualName(class);
        let name = text(qualname);
        ffi::Py_XDECREF(qualname);
        let module = dict_value((*class).tp_dict, "__module__", usize::MAX);
        let unnamed = || UNNAMED.to_owned();
        (module.and_then(text).unwrap_or_else(unnamed), name.unwrap_or_else(unnamed))
    }
}

fn static_name(class: *mut PyTypeObject) -> String {
    // SAFETY: a live type; its name is a C string that lives as long.
    unsafe {
        let name: *const c_char = (*class).tp_name;
        CStr::from_ptr(name).to_string_lossy().into_owned()
    }
}

fn mro_names(class: *mut PyTypeObject) -> Vec<String> {
    // SAFETY: a live type; its `tp_mro` is null or a tuple of live types, borrowed.
    unsafe {
        let mro = (*class).tp_mro;
        if mro.is_null() || ffi::PyTuple_Check(mro) == 0 {
            return Vec::new();
        }
        let length = ffi::PyTuple_Size(mro).max(0);
        let item = |index| ffi::PyTuple_GetItem(mro, index);
        (0..length)
            .map(item)
            .filter(|&base| ffi::PyType_Check(base) != 0)
            .take(ghost_tracer::limits::MRO_MAX)
            .map(|base| {
                let (module, qualname) = type_names(base.cast());
                if module == "builtins" { qualname } else { format!("{module}.{qualname}") }
            })
            .collect()
    }
}

/// The text of a string object; lone surrogates are escaped. `None` for anything else, and where
/// there is no memory left.
fn text(object: *mut PyObject) -> Option<String> {
    if !is_text(object) {
        return None;
    }
    // SAFETY: a live string; it is encoded by C code, an error is cleared.
    unsafe {
        let mut length = 0;
        let bytes = ffi::PyUnicode_AsUTF8AndSize(object, &raw mut length);
        if !bytes.is_null() {
            let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), length.max(0) as usize);
            return Some(String::from_utf8_lossy(bytes).into_owned());
        }
        ffi::PyErr_Clear();
        let bytes =
            ffi::PyUnicode_AsEncodedString(object, c"utf-8".as_ptr(), c"backslashreplace".as_ptr());
        if bytes.is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        let slice = std::slice::from_raw_parts(
            ffi::PyBytes_AsString(bytes).cast::<u8>(),
            ffi::PyBytes_Size(bytes).max(0) as usize,
        );
        let text = String::from_utf8_lossy(slice).into_owned();
        ffi::Py_DECREF(bytes);
        Some(text)
    }
}
