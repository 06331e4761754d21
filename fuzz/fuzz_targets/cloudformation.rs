//! Any text as a template, beside one that it may nest or import from.

#![no_main]

use libfuzzer_sys::fuzz_target;

const OTHER: &[u8] = b"Parameters:\n  In: {Type: CommaDelimitedList}\nResources:\n  Fn::ForEach::U:\n    - N\n    - !Ref In\n    - \
    'U${N}': {Type: AWS::IAM::User, Properties: {UserName: !Ref N}}\n  Back: {Type: AWS::CloudFormation::Stack, Properties: \
    {TemplateURL: main.yaml}}\nOutputs:\n  Out: {Value: !Ref In, Export: {Name: out}}\n";

fuzz_target!(|data: &[u8]| countersign_fuzz::hold(&[("main.yaml", data), ("other.yaml", OTHER)]));
