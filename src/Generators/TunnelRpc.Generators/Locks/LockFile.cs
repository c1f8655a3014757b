using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace TunnelRpc.Generators.Locks;

// Decision: docs/adr/0084-grades-of-changes.md
/// <summary>
/// The text of a lock: a header, and a line for each fact in ordinal order. A line that starts with "reserved" is a fact that was true
/// once; it stands where the fact stood. Immutable.
/// </summary>
internal sealed class LockFile
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "TunnelContracts.lock";

    /// <summary>The largest lock, in characters.</summary>
    public const int MaxLength = 64 * 1024 * 1024;

    private const string Prefix = "# TunnelRpc contract lock, format ";
    private const string Header = Prefix + "1. \"tunnelrpc contract lock\" writes this file. Facts are sorted, one in a line.";
    private const string ReservedWord = "reserved ";

    private readonly Dictionary<string, int> _lines;

    private LockFile(IEnumerable<LockFact> facts, IEnumerable<LockFact> reserved, Dictionary<string, int> lines)
    {
        Model = new LockModel(facts, reserved);
        _lines = lines;
    }

    /// <summary>The facts.</summary>
    public LockModel Model { get; }

    /// <summary>Parses a lock.</summary>
    /// <exception cref="LockFormatException">The text is not a lock.</exception>
    public static LockFile Parse(string text)
    {
        if (text.Length > MaxLength)
        {
            throw new LockFormatException($"Expected a lock of at most {MaxLength} characters, got {text.Length}.");
        }

        var facts = new Dictionary<string, LockFact>(StringComparer.Ordinal);
        var reserved = new Dictionary<string, LockFact>(StringComparer.Ordinal);
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.Trim(' ', '\t', '\r', '\uFEFF');
            if (line.Length == 0 || line[0] == '#')
            {
                CheckFormat(line, number);
                continue;
            }

            if (line.StartsWith("<<<<<<<", StringComparison.Ordinal) || line.StartsWith(">>>>>>>", StringComparison.Ordinal)
                || line.StartsWith("=======", StringComparison.Ordinal))
            {
                throw new LockFormatException("Expected a fact, got the marker of a merge conflict. Keep the lines of both sides.", number);
            }

            try
            {
                bool isReserved = line.StartsWith(ReservedWord, StringComparison.Ordinal);
                LockFact fact = LockFact.Parse(isReserved ? line.Substring(ReservedWord.Length) : line);
                if (isReserved)
                {
                    reserved[fact.Text] = fact;
                    continue;
                }

                if (facts.TryGetValue(fact.Identity, out LockFact? other) && other.Text != fact.Text)
                {
                    throw new LockFormatException(
                        $"'{LockText.Show(fact.Text)}' contradicts line {lines[other.Text]}, '{LockText.Show(other.Text)}'. Keep one of "
                            + "them.");
                }

                facts[fact.Identity] = fact;
                lines[fact.Text] = number;
            }
            catch (LockFormatException error)
            {
                throw new LockFormatException(error.Message, number);
            }
        }

        return new LockFile(facts.Values, reserved.Values, lines);
    }

    /// <summary>Returns the number of the line of a fact, from 1; 0 if the lock does not have it.</summary>
    public int LineOf(LockFact fact) => _lines.TryGetValue(fact.Text, out int line) ? line : 0;

    /// <summary>Returns the text of a lock.</summary>
    public static string Format(IEnumerable<LockFact> facts, IEnumerable<LockFact> reserved)
    {
        IEnumerable<(string Key, string Line)> lines = facts.Where(f => !f.IsDocumentation).Select(f => (f.Text, f.Text))
            .Concat(reserved.Select(f => (f.Text, ReservedWord + f.Text)));
        var text = new StringBuilder(Header).Append('\n');
        foreach ((string _, string line) in lines.Distinct()
            .OrderBy(l => l.Key, StringComparer.Ordinal).ThenBy(l => l.Line, StringComparer.Ordinal))
        {
            text.Append(line).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>
    /// Returns the text of this lock with further facts. A fact replaces the one with the same identity; nothing else is changed.
    /// </summary>
    public string Add(IEnumerable<LockFact> facts)
    {
        Dictionary<string, LockFact> all = Model.Facts.ToDictionary(f => f.Identity, StringComparer.Ordinal);
        foreach (LockFact fact in facts)
        {
            all[fact.Identity] = fact;
        }

        return Format(all.Values, Model.Reserved);
    }

    private static void CheckFormat(string line, int number)
    {
        if (line.StartsWith(Prefix, StringComparison.Ordinal) && !line.StartsWith(Prefix + "1.", StringComparison.Ordinal))
        {
            throw new LockFormatException("Expected format 1, got a lock of a newer version. Update TunnelRpc.", number);
        }
    }
}
