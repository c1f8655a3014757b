using System.Collections.Generic;
using System.Linq;

namespace TunnelRpc.Generators.Locks;

// Decision: docs/adr/0083-facts-in-the-assembly.md
/// <summary>
/// How a value is encoded: a scalar (<c>int32</c>), a constructed type (<c>map&lt;string,Acme.Job?&gt;</c>), or the name of a type or enum
/// of the application, in which type arguments are in braces (<c>Acme.Pair{int,string?}</c>).
/// </summary>
internal sealed class WireType
{
    /// <summary>The most constructed types within each other.</summary>
    private const int MaxDepth = 64;

    private WireType(string name, IReadOnlyList<WireType> arguments, bool isNullable)
    {
        Name = name;
        Arguments = arguments;
        IsNullable = isNullable;
    }

    /// <summary>The name, without arguments.</summary>
    public string Name { get; }

    /// <summary>The arguments of a constructed type.</summary>
    public IReadOnlyList<WireType> Arguments { get; }

    /// <summary>Whether the value may be nil.</summary>
    public bool IsNullable { get; }

    /// <summary>Parses a wire type.</summary>
    /// <exception cref="LockFormatException">The text is not a wire type.</exception>
    public static WireType Parse(string text)
    {
        int position = 0;
        WireType type = Parse(text, ref position, 0);
        return position == text.Length ? type : throw Error(text, position);
    }

    /// <summary>Returns the text of a type whose value may also be nil.</summary>
    public static string ToNullable(string type) => type.Length > 0 && type[type.Length - 1] == '?' ? type : type + "?";

    /// <summary>Returns the name of a type of the application from its C# name.</summary>
    public static string NameOf(string type)
    {
        string name = type.Replace("global::", "").Replace("@", "").Replace(", ", ",").Replace(" ", "%20")
            .Replace('<', '{').Replace('>', '}');

        // A type without a namespace could have the name of a scalar.
        return name.Split('{')[0].IndexOf('.') < 0 && char.IsLower(name[0]) ? "::" + name : name;
    }

    public override string ToString() =>
        Name + (Arguments.Count == 0 ? "" : $"<{string.Join(",", Arguments.Select(a => a.ToString()))}>") + (IsNullable ? "?" : "");

    private static WireType Parse(string text, ref int position, int depth)
    {
        int start = position;
        int braces = 0;
        for (; position < text.Length && (braces > 0 || "<>,?".IndexOf(text[position]) < 0); position++)
        {
            braces += text[position] == '{' ? 1 : text[position] == '}' ? -1 : 0;
            if (braces < 0)
            {
                throw Error(text, position);
            }
        }

        if (position == start || braces > 0 || depth > MaxDepth)
        {
            throw Error(text, position);
        }

        string name = text.Substring(start, position - start);
        var arguments = new List<WireType>();
        if (position < text.Length && text[position] == '<')
        {
            do
            {
                position++;
                arguments.Add(Parse(text, ref position, depth + 1));
            }
            while (position < text.Length && text[position] == ',');
            if (position == text.Length || text[position] != '>')
            {
                throw Error(text, position);
            }

            position++;
        }

        bool isNullable = position < text.Length && text[position] == '?';
        position += isNullable ? 1 : 0;
        return new WireType(name, arguments, isNullable);
    }

    private static LockFormatException Error(string text, int position) =>
        new($"Expected a type such as int32, array<string> or Acme.Job?, got '{LockText.Show(text)}' (error at character {position + 1}).");
}
