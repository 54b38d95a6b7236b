# frozen_string_literal: true

# Counts the memory of configurations as GitLab does, and holds `splitbuild check --json` to it, but for one part in twenty.
#
# deepsize.rb SPLITBUILD FILE...
#
# GitLab adds up what Ruby's ObjectSpace says of each object of a parsed file, of one that is there twice twice
# (lib/gitlab/utils/deep_size.rb in its repository), and runs Ruby 3.3. Older ones, before 3.2, keep less text in objects.

require 'json'
require 'objspace'
require 'open3'
require 'yaml'

# What GitLab makes of `!reference [...]`: an object that holds the list, and is not looked into.
class Reference
  def init_with(coder)
    @list = coder.seq
  end
end
YAML.add_tag('!reference', Reference)

def memory(object)
  inside =
    case object
    when Array then object.sum { |item| memory(item) }
    when Hash then object.sum { |key, value| memory(key) + memory(value) }
    else 0
    end
  ObjectSpace.memsize_of(object) + inside
end

program, *files = ARGV
wrong = files.reject do |file|
  tree = YAML.safe_load(File.read(file, encoding: 'UTF-8'), permitted_classes: [Reference, Symbol], aliases: true)
  said, = Open3.capture3(program, 'check', '--provider', 'gitlab', '--json', file)
  size = JSON.parse(said).fetch('sizes').first
  difference = size['counted'] - memory(tree)
  puts "#{file}: #{memory(tree)} bytes in Ruby #{RUBY_VERSION}, counted #{format('%+.2f', 100.0 * difference / memory(tree))} %"
  difference.abs * 20 <= memory(tree)
end
abort "these are counted otherwise: #{wrong.join(' ')}" unless wrong.empty?
