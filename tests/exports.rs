//! An export reads back as it was written, and a manifest that was changed is refused.

use crate::common::{mapped, smallest};
use hvae_mnn::rom::{export, read_back};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;

type Change<'a> = &'a dyn Fn(&mut Value);

/// Matrices of an export that is read back, its manifest changed.
fn changed(change: Change) -> Result<usize, String> {
    let mut config = smallest();
    config.crossbar.calibrate_columns = true;
    let mut files = BTreeMap::new();
    let mut sink = |path: &str, bytes: &[u8]| {
        files.insert(path.to_string(), bytes.to_vec());
        Ok(())
    };
    let net = mapped(&config, 1).0;
    export(&net, &mut sink).unwrap();
    let mut manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    change(&mut manifest);
    files.insert("manifest.json".into(), manifest.to_string().into_bytes());
    let read = |path: &str| files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into());
    let (_, weights) = read_back(&read).map_err(|e| e.to_string())?;
    for (name, weights) in &weights {
        assert_eq!(weights, &net.matrices[name].matrix().weights, "{name}");
    }
    Ok(weights.len())
}

#[test]
fn what_an_export_cannot_be_is_said() {
    assert_eq!(changed(&|_| ()), Ok(8));
    let set = |path: &'static str, to: Value| {
        move |manifest: &mut Value| {
            *manifest.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = to.clone()
        }
    };
    let size =
        "expected outputs and rows, at most one fine bias row, and a correction an output or none, found";
    let tiles = |manifest: &mut Value| manifest["matrices"][0]["tiles"].as_array_mut().unwrap().swap(0, 1);
    let many = |manifest: &mut Value| {
        let matrix = &mut manifest["matrices"][0];
        (matrix["outputs"], matrix["corrections"]) = (json!(1u64 << 63), json!([]));
        (matrix["inputs"], matrix["tiles"]) = (json!(0), json!([]));
        (matrix["bias_coarse"], matrix["bias_fine"]) = (json!(0), json!(0));
    };
    let wraps = |manifest: &mut Value| {
        let matrix = &mut manifest["matrices"][0];
        (matrix["inputs"], matrix["bias_coarse"], matrix["bias_fine"]) =
            (json!(u64::MAX), json!(1), json!(0));
    };
    let cases: [(Change, &str); 9] = [
        (&set("/unit", json!("siemens")), "manifest.json: unit: expected microsiemens, found siemens;"),
        (&set("/devices/top_code", json!(200)), "manifest.json: devices: expected CodeScale"),
        (&set("/devices/step_us", json!(0.0)), "manifest.json: devices: expected g_min_us of 0 or more"),
        (&set("/matrices/0/bias_fine", json!(2)), size),
        (&set("/matrices/0/corrections", json!([[1, 1]])), size),
        (&set("/matrices/0/outputs", json!(400)), size),
        (&many, size),
        (&wraps, size),
        (&tiles, ", tile (0, 0): expected the tile of this place, found that of ("),
    ];
    for (change, message) in cases {
        let refused = changed(change).expect_err(message);
        assert!(refused.starts_with("manifest.json: ") && refused.contains(message), "{refused}");
    }
    let more = changed(&|manifest| drop(manifest.as_object_mut().unwrap().insert("more".into(), json!(1))));
    assert!(more.unwrap_err().starts_with("manifest.json: unknown field `more`"));
}
