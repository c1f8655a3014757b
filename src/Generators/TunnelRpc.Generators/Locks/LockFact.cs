using System;
using System.Collections.Generic;
using System.Linq;

namespace TunnelRpc.Generators.Locks;

// Decision: docs/adr/0083-facts-in-the-assembly.md
/// <summary>
/// One fact about a contract, which is one line of a lock: the kind and name of a subject, an aspect of it with a key where there may be
/// several, and values. The fact that a subject exists has no aspect. Immutable.
/// </summary>
/// <example>
/// <code>
/// method fleet/RunAsync unary 0x2cb7ed8a
/// method fleet/RunAsync parameter 0 Acme.Job job
/// type Acme.Job map
/// type Acme.Job member Id int32 required
/// </code>
/// </example>
internal sealed class LockFact : IEquatable<LockFact>
{
    public const string Service = "service";
    public const string Method = "method";
    public const string Type = "type";
    public const string Enum = "enum";

    /// <summary>The longest line, in characters.</summary>
    public const int MaxLength = 32_768;

    private const string Expected =
        "a line that starts with 'service', 'method', 'type' or 'enum' and a name, as docs/contract-lock.md describes";

    /// <summary>For each kind the fewest and the most values of the fact that the subject exists.</summary>
    private static readonly Dictionary<string, (int Min, int Max)> Kinds = new()
    {
        [Service] = (0, 0),
        [Method] = (2, 2),
        [Type] = (1, 1),
        [Enum] = (1, 1),
    };

    /// <summary>For each kind and aspect whether it has a key, and the fewest and the most values.</summary>
    private static readonly Dictionary<string, (bool HasKey, int Min, int Max)> Aspects = new()
    {
        ["service callback"] = (false, 1, 1),
        ["service ordered"] = (false, 0, 0),
        ["service doc"] = (false, 1, 1),
        ["method parameter"] = (true, 2, 3),
        ["method stream"] = (false, 2, 2),
        ["method result"] = (false, 1, 1),
        ["method fault"] = (true, 1, 1),
        ["method timeout"] = (false, 1, 1),
        ["method idempotent"] = (false, 0, 0),
        ["method doc"] = (false, 1, 1),
        ["type member"] = (true, 1, 3),
        ["type case"] = (true, 1, 1),
        ["type doc"] = (true, 1, 1),
        ["enum value"] = (true, 1, 1),
    };

    private LockFact(string[] tokens)
    {
        Kind = tokens[0];
        Subject = tokens[1];
        Text = string.Join(" ", tokens);
        bool hasAspect = tokens.Length > 2 && Aspects.ContainsKey(Kind + " " + tokens[2]);
        (bool hasKey, int min, int max) = hasAspect ? Aspects[Kind + " " + tokens[2]] : (false, Kinds[Kind].Min, Kinds[Kind].Max);
        int identity = 2 + (hasAspect ? 1 : 0) + (hasKey ? 1 : 0);
        Aspect = hasAspect ? tokens[2] : "";
        Key = hasKey && tokens.Length > 3 ? tokens[3] : "";
        Identity = string.Join(" ", tokens.Take(identity));
        Values = tokens.Skip(identity).ToArray();
        if (tokens.Length < identity || Values.Count < min || Values.Count > max)
        {
            throw new LockFormatException(
                $"Expected {min} to {max} values after '{LockText.Show(Identity)}', got {Math.Max(Values.Count, 0)}.");
        }
    }

    /// <summary>The kind of the subject: service, method, type or enum.</summary>
    public string Kind { get; }

    /// <summary>The name of the subject, encoded: that of a method is that of its service, a slash, and its own.</summary>
    public string Subject { get; }

    /// <summary>The aspect; empty for the fact that the subject exists.</summary>
    public string Aspect { get; }

    /// <summary>The key within the aspect, encoded; empty if there is none.</summary>
    public string Key { get; }

    /// <summary>The values, encoded.</summary>
    public IReadOnlyList<string> Values { get; }

    /// <summary>The part of the line without the values: two facts with the same identity contradict each other.</summary>
    public string Identity { get; }

    /// <summary>The line.</summary>
    public string Text { get; }

    /// <summary>Whether the fact only leads to documentation, and is not part of a lock.</summary>
    public bool IsDocumentation => Aspect == "doc";

    /// <summary>Parses a line.</summary>
    /// <exception cref="LockFormatException">The line is not a fact.</exception>
    public static LockFact Parse(string line)
    {
        if (line.Length > MaxLength)
        {
            throw new LockFormatException($"Expected a line of at most {MaxLength} characters, got {line.Length}.");
        }

        string[] tokens = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return tokens.Length < 2 || !Kinds.ContainsKey(tokens[0])
            ? throw new LockFormatException($"Expected {Expected}, got '{LockText.Show(line)}'.")
            : new LockFact(tokens);
    }

    /// <summary>Creates a fact from encoded tokens.</summary>
    public static LockFact Create(params string[] tokens) => new(tokens);

    public bool Equals(LockFact? other) => other is not null && other.Text == Text;

    public override bool Equals(object? obj) => Equals(obj as LockFact);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    public override string ToString() => Text;
}
