// The jobs of the benchmark's matrix for CircleCI, as somebody would write it who generates them with jsonnet: reads the
// same matrix, and checks nothing of it. What all jobs share (commands, executors, the job that publishes) is `shared`.
local matrix = std.parseYaml(std.extVar('matrix'));
local shared = std.parseYaml(std.extVar('shared'));
local architectures = ['amd64', 'arm64'];

local clean = |||
  clean() { printf %s "$1" | LC_ALL=C tr -c 'A-Za-z0-9_.-' '-' | sed 's/^[.-]/_/' | cut -c "1-$2"; }
|||;

local values = { '${arch}': '"$arch"', '${arch_tag}': '"$tag-$arch"' };
local word(value) = std.get(values, value, value);

local script(image, needs) =
  local options = std.join(' \\\n', [
    '  --build-arg %s=%s' % [name, word(image.args[name])]
    for name in std.objectFields(image.args)
  ] + [
    '  --label org.opencontainers.image.revision="$CIRCLE_SHA1"',
    '  --label org.opencontainers.image.source="${CIRCLE_REPOSITORY_URL-}"',
    '  --tag "%s:$tag-$arch"' % image.image,
    '  ' + image.context,
  ]);
  local pins = if needs == [] then ['', ''] else
    ['while read -r pin; do set -- "$@" "$pin"; done <.splitbuild/pins\n', ' "$@"'];
  'set -eu\n' + clean + |||
    tags="<< parameters.tags >>"
    tag=${tags%% *}
    echo "CIRCLE_SHA1=$CIRCLE_SHA1 arch=$arch tag=$tag"
  ||| + pins[0] + 'docker build' + pins[1] + ' \\\n' + options + '\n';

local build(name, image) =
  local needs = std.get(image, 'needs', []);
  {
    parameters: { machine: { type: 'executor' }, tags: { type: 'string' } },
    executor: '<< parameters.machine >>',
    steps: ['checkout', 'setup_remote_docker']
           + (if needs == [] then [] else [{ attach_workspace: { at: '.splitbuild/parents' } }])
           + ['log-in']
           + (if needs == [] then [] else [{ 'pin-parents': { parents: std.join(' ', [one + '-$arch' for one in needs]) } }])
           + [{ run: { name: 'Build ' + image.image, command: script(image, needs) } }]
           + [{ 'push-image': { key: name, images: image.image, tags: '<< parameters.tags >>' } }],
  };

// What a workflow of the matrix becomes: the tags that it gives, whether they are its own, and when it runs.
local workflows = {
  main: { tags: 'latest', fixed: {}, filters: { branches: { only: ['main'] } } },
  release: {
    local tag = '$(clean "$CIRCLE_TAG" 122)',
    tags: tag,
    fixed: { fixed: tag },
    filters: { branches: { ignore: ['/.*/'] }, tags: { only: ['/v[^/]*/'] } },
  },
};

local entries(name, image, workflow) =
  local needs = std.get(image, 'needs', []);
  local requires = if needs == [] then {} else { requires: ['build-%s-manifest' % one for one in needs] };
  [
    { ['build-' + name]: { name: 'build-%s-%s' % [name, architecture], machine: architecture, tags: workflow.tags }
                         + requires + { filters: workflow.filters } }
    for architecture in architectures
  ] + [{ 'publish-index': { name: 'build-%s-manifest' % name, key: name } + workflow.fixed
                          + { requires: ['build-%s-%s' % [name, architecture] for architecture in architectures] }
                          + { filters: workflow.filters } }];

local images = std.objectFields(matrix.images);
{
  version: '2.1',
  workflows: {
    [each]: { jobs: [entry for name in images for entry in entries(name, matrix.images[name], workflows[each])] }
    for each in std.objectFields(matrix.workflows)
  },
  jobs: { 'publish-index': shared.jobs['publish-index'] }
        + { ['build-' + name]: build(name, matrix.images[name]) for name in images },
  commands: shared.commands,
  executors: shared.executors,
}
