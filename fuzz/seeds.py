#!/usr/bin/env python3
"""Fills `fuzz/corpus/` with what the runs start from: small files of `testdata/` and of `fuzz/seeds/`, by target."""

import glob
import hashlib
import os

SEEDS = {
    'terraform': ['formats/terraform-*/**/*.tf', 'formats/terraform-*/**/*.tfvars', 'same-access/**/*.tf', 'check/*/**/*.tf'],
    'cloudformation': ['formats/cloudformation-*/**/*.yaml', 'formats/cloudformation-*/**/*.json', 'same-access/**/*.yaml'],
    'plan': ['same-access/**/plan*.json', 'check/*/**/plan*.json', 'formats/**/plan*.json'],
    'actions': ['formats/actions-*/.github/**/*.yml', 'check/*/**/.github/**/*.yml'],
    'kustomize': ['formats/kustomize-*/**/*.yaml', 'check/kustomize-*/**/*.yaml'],
    'kubernetes': ['formats/kubernetes-*/**/*.yaml'],
    'argocd': ['formats/argocd-*/**/*.yaml'],
    'vault': ['formats/vault-*/**/*.hcl'],
    'permifrost': ['formats/permifrost-*/**/*.yml'],
    'gcp': ['formats/gcp-*/**/*.*'],
    'azure': ['formats/azure-*/**/*.json'],
    'aws': ['formats/aws-*/**/*.json'],
    'manifest': ['formats/manifest-*/**/*.*', 'check/grant-*/**/*.yaml'],
    'context': ['../fuzz/seeds/graph.json'],
    'tables': ['formats/*/*.csv', 'formats/*/*.txt'],
    'definitions': ['formats/*/*.yaml', 'formats/*/*.json'],
    'postgres': ['formats/postgres-*/**/*.sql'],
    'identity': ['formats/keycloak-*/**/*.json', 'formats/okta-*/**/*.json'],
    'gitlab': ['formats/gitlab-*/**/*.yml'],
    'safe_settings': ['formats/safe-settings-*/**/*.yml'],
    'mapping': ['formats/mapping-*/**/*.yaml', 'formats/mapping-*/**/*.toml', 'formats/mapping-*/**/*.csv'],
    'rules': ['check/*/**/countersign.yaml', 'check/*/**/.countersign/**/*.yaml'],
    'bundles': ['../fuzz/seeds/rules.tar*'],
    'policies': ['check/*/**/*.rego'],
}
# What comes before a file's own bytes: the target takes its first byte as a choice.
FIRST = {'tables': [b'\x00', b'\x04', b'\x08', b'\x0c', b'\x10']}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    for target, patterns in SEEDS.items():
        folder = f'{here}/corpus/{target}'
        os.makedirs(folder, exist_ok=True)
        for pattern in patterns:
            for path in glob.glob(f'{here}/../testdata/{pattern}', recursive=True, include_hidden=True):
                if os.path.isfile(path) and os.path.getsize(path) < 8192 and not path.endswith('.snap'):
                    with open(path, 'rb') as file:
                        own = file.read()
                    for first in FIRST.get(target, [b'']):
                        seed = first + own
                        with open(f'{folder}/{hashlib.sha256(seed).hexdigest()[:16]}', 'wb') as file:
                            file.write(seed)
        print(f'{len(os.listdir(folder)):5} {target}')


if __name__ == '__main__':
    main()
