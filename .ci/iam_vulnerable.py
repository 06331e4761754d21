#!/usr/bin/env python3
"""Asks for every way to more power of BishopFox's iam-vulnerable: iam_vulnerable.py BINARY FOLDER

FOLDER is an unpacked copy of https://github.com/BishopFox/iam-vulnerable. Each of its files declares identities that could
come to administer the account, by one way that the file is named after; files named `fn` are those that tools miss, files
named `fp` those that tools report though nothing can be done. Printed is what the product says of each. It ends with 1 when
a way is missed, another way than the file's is all that is found, or an `fp` file has a finding. Needs PyYAML.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
# By file: the ways that it is right to name.
WAYS = {
    "privesc1-CreateNewPolicyVersion": ["AWS-IAM-001"],
    "privesc2-SetExistingDefaultPolicyVersion": ["AWS-POLICY-VERSION"],
    "privesc3-CreateEC2WithExistingIP": ["AWS-EC2-001"],
    "privesc4-CreateAccessKey": ["AWS-IAM-002"],
    "privesc5-CreateLoginProfile": ["AWS-IAM-004"],
    "privesc6-UpdateLoginProfile": ["AWS-IAM-006"],
    "privesc7-AttachUserPolicy": ["AWS-IAM-008"],
    "privesc8-AttachGroupPolicy": ["AWS-IAM-010"],
    "privesc9-AttachRolePolicy": ["AWS-IAM-009", "AWS-IAM-014"],
    "privesc10-PutUserPolicy": ["AWS-IAM-007"],
    "privesc11-PutGroupPolicy": ["AWS-IAM-011"],
    "privesc12-PutRolePolicy": ["AWS-IAM-005", "AWS-IAM-017"],
    "privesc13-AddUserToGroup": ["AWS-IAM-013", "AWS-IAM-013-ARN"],
    "privesc14-UpdatingAssumeRolePolicy": ["AWS-IAM-012"],
    "privesc15-PassExistingRoleToNewLambdaThenInvoke": ["AWS-LAMBDA-001"],
    "privesc16-PassRoleToNewLambdaThenTriggerWithNewDynamo": ["AWS-LAMBDA-002"],
    "privesc17-EditExistingLambdaFunctionWithRole": ["AWS-LAMBDA-003", "AWS-LAMBDA-LAYER"],
    "privesc18-PassExistingRoleToNewGlueDevEndpoint": ["AWS-GLUE-001"],
    "privesc19-UpdateExistingGlueDevEndpoint": ["AWS-GLUE-002"],
    "privesc20-PassExistingRoleToCloudFormation": ["AWS-CLOUDFORMATION-001"],
    "privesc21-PassExistingRoleToNewDataPipeline": ["AWS-DATAPIPELINE-001"],
    "privesc-cloudFormationUpdateStack": ["AWS-CLOUDFORMATION-002"],
    "privesc-codeBuildCreateProjectPassRole": ["AWS-CODEBUILD-001", "AWS-CODEBUILD-004"],
    "privesc-ec2InstanceConnect": ["AWS-EC2INSTANCECONNECT-003"],
    "privesc-sageMakerCreateNotebookPassRole": ["AWS-SAGEMAKER-001"],
    "privesc-sageMakerCreatePresignedNotebookURL": ["AWS-SAGEMAKER-004"],
    "privesc-sageMakerCreateProcessingJob": ["AWS-SAGEMAKER-003"],
    "privesc-sageMakerCreateTrainingJob": ["AWS-SAGEMAKER-002"],
    "privesc-ssmSendCommand": ["AWS-SSM-002"],
    "privesc-ssmStartSession": ["AWS-SSM-001"],
    "fn1-privesc3-multiple-policies": ["AWS-EC2-001"],
    "fn2-ExploitableResourceConstraint": ["AWS-IAM-001"],
    "fn3-ExploitableConditionConstraint": ["AWS-IAM-001"],
    "fn4-ExploitableNotAction": ["AWS-IAM-005", "AWS-IAM-007"],
}
# Acting as one role after another is no way beyond what is granted: the trusts grant it, and the first holds what the last
# does (`CS-GRANT-001`).
BY_TRUST = {"privesc-AssumeRole": "privesc-AssumeRole-starting-role"}


def titles():
    """The ways that a title stands for."""
    ruleset = yaml.safe_load((ROOT / "policies/rulesets/escalations-aws.yaml").read_text())
    found = {}
    for name, escalation in ruleset["add"]["escalations"].items():
        found.setdefault(escalation["title"], []).append(name)
    return found


def identities(path):
    """The names of the users and roles that a file declares."""
    text = path.read_text()
    return re.findall(r'resource\s+"aws_iam_(?:user|role)"\s+"[^"]+"\s*\{\s*name\s*=\s*"([^"]+)"', text)


def main():
    binary, folder = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    command = [binary, "check", str(folder), "--no-record", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 4):
        sys.exit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
    known = titles()
    ways, privileged = {}, set()
    for finding in json.loads(done.stdout)["findings"]:
        subject = finding["subject"]
        name = (subject["id"] if isinstance(subject, dict) else subject).rsplit("/", 1)[-1]
        if finding["policy"] == "CS-GRANT-002":
            said = finding["message"].split(": ", 1)[1]
            first = next((title for title in sorted(known, key=len, reverse=True) if said.startswith(title)), None)
            ways.setdefault(name, []).append((known.get(first, [said]), finding["extent"] if "extent" in finding else {}, said))
        elif finding["policy"] == "CS-GRANT-001":
            privileged.add(name)
    wrong, total = 0, {"privesc": [0, 0], "fn": [0, 0], "fp": [0, 0]}
    print("| file | identity | what is said | right |\n|---|---|---|---|")
    for path in sorted(folder.glob("modules/free-resources/*/*.tf")):
        kind = next((kind for kind in total if re.match(rf"{kind}[\d-]", path.stem)), None)
        if kind is None or not identities(path):
            continue
        own = {name: ways[name] for name in identities(path) if name in ways}
        if kind == "fp":
            right = not own
        elif path.stem in BY_TRUST:
            right = BY_TRUST[path.stem] in privileged
        elif path.stem not in WAYS:
            print(f"| {path.stem} | | no way is expected of this file | |")
            continue
        else:
            right = any(set(names) & set(WAYS[path.stem]) for found in own.values() for names, _, _ in found)
        total[kind][0] += right
        total[kind][1] += 1
        wrong += not right
        lines = [(name, said) for name, found in own.items() for _, _, said in found] or [("", "nothing")]
        for name, said in lines:
            print(f"| {path.stem} | {name} | {said} | {'yes' if right else 'NO'} |")
    print("\n" + ", ".join(f"{kind}: {right} of {all_}" for kind, (right, all_) in total.items()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
