# Independent counts over the corpora: PyYAML and json, no code of the product.
import sys, json, os, glob, collections
import yaml
try:
    from yaml import CSafeLoader as L
except ImportError:
    from yaml import SafeLoader as L
root=sys.argv[1]
c=collections.Counter()
people=set(); 
def walk_teams(org,teams):
    for name,t in (teams or {}).items():
        t=t or {}
        c['team']+=1
        c['member']+=len(t.get('members') or []); c['maintainer']+=len(t.get('maintainers') or [])
        c['repository permission']+=len(t.get('repos') or {})
        for m in (t.get('members') or [])+(t.get('maintainers') or []): people.add((org,str(m).lower()))
        walk_teams(org,t.get('teams'))
def org(name,o):
    c['org']+=1
    c['admin']+=len(o.get('admins') or []); c['member']+=len(o.get('members') or [])
    for m in (o.get('admins') or [])+(o.get('members') or []): people.add((name,str(m).lower()))
    walk_teams(name,o.get('teams'))
def k8s(d):
    k=d.get('kind','')
    if k.endswith('List') and 'items' in d:
        for i in d['items']:
            i.setdefault('kind', k[:-4]); k8s(i)
        return
    api=str(d.get('apiVersion',''))
    if k in('Role','ClusterRole','RoleBinding','ClusterRoleBinding') and api.startswith('rbac.authorization.k8s.io') or k=='ServiceAccount':
        c[k]+=1
        if 'Role'==k or 'ClusterRole'==k: c['rule']+=len(d.get('rules') or [])
        if k.endswith('Binding'): c['subject']+=len(d.get('subjects') or [])
for p in glob.glob(root+'/**/*',recursive=True):
    if not os.path.isfile(p) or not p.endswith(('.yaml','.yml','.json')): continue
    try: docs=list(yaml.load_all(open(p,encoding='utf-8'),Loader=L))
    except Exception as e: c['unparsed']+=1; continue
    for d in docs:
        if not isinstance(d,dict): continue
        if 'orgs' in d:
            for n,o in d['orgs'].items(): org(n,o or {})
        elif os.path.basename(p)=='org.yaml' : org(os.path.basename(os.path.dirname(p)),d)
        elif os.path.basename(p)=='teams.yaml': walk_teams(p.split('/config/')[1].split('/')[0],d.get('teams'))
        elif 'Statement' in d:
            c['policy document']+=1; s=d['Statement']; c['statement']+=len(s) if isinstance(s,list) else 1
        elif 'kind' in d: k8s(d)
print(dict(sorted(c.items())), 'people', len(people))
