using System;
using System.Collections.Generic;
using System.Text;

namespace TunnelRpc.Generators.Locks;

// Decision: docs/adr/0083-facts-in-the-assembly.md
/// <summary>
/// The facts about the contracts of an assembly, as values of <c>AssemblyMetadataAttribute</c>. A line that starts with a word is the fact
/// that a subject exists; each line after it is a fact about it, without the name of the subject. What is most frequent is shortened to one
/// character: a method of the last service, the aspect of a kind that has a key, and a result.
/// </summary>
/// <example>
/// <code>
/// service fleet
///  ordered
/// /RunAsync unary 0x2cb7ed8a
/// +0 Acme.Job job
/// =Acme.Report
/// type Acme.Job map
/// +Id int32 required
/// </code>
/// </example>
internal static class AssemblyFacts
{
    /// <summary>The key of the attributes.</summary>
    public const string Key = "TunnelRpc.Contract";

    private const char MethodMark = '/';
    private const char KeyMark = '+';
    private const char ResultMark = '=';
    private const string Result = "result";

    /// <summary>Returns the value of an attribute. Values that are joined by line breaks are a value.</summary>
    /// <param name="facts">The facts: for each subject the fact that it exists, followed by the facts about it.</param>
    public static string Compact(IEnumerable<LockFact> facts)
    {
        var text = new StringBuilder();
        string service = "";
        foreach (LockFact fact in facts)
        {
            text.Append(text.Length == 0 ? "" : "\n");
            string prefix = $"{LockFact.Method} {service}{MethodMark}";
            if (fact.Aspect.Length > 0)
            {
                string rest = fact.Text.Substring(fact.Kind.Length + fact.Subject.Length + 2);
                char mark = MarkOf(fact.Kind, fact.Aspect);
                text.Append(mark == ' ' ? ' ' + rest : mark + rest.Substring(fact.Aspect.Length + 1));
            }
            else if (service.Length > 0 && fact.Text.StartsWith(prefix, StringComparison.Ordinal))
            {
                text.Append(fact.Text, prefix.Length - 1, fact.Text.Length - prefix.Length + 1);
            }
            else
            {
                text.Append(fact.Text);
                service = fact.Kind == LockFact.Service ? fact.Subject : "";
            }
        }

        return text.ToString();
    }

    /// <summary>Returns the facts of the value of an attribute.</summary>
    /// <exception cref="LockFormatException">The text is not such a value.</exception>
    public static IEnumerable<LockFact> Expand(string text)
    {
        LockFact? subject = null;
        string service = "";
        foreach (string line in text.Split(['\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] is ' ' or KeyMark or ResultMark)
            {
                yield return subject is null
                    ? throw new LockFormatException("Expected a subject before the facts about it, got a line without one.")
                    : LockFact.Parse($"{subject.Kind} {subject.Subject} {AspectOf(subject.Kind, line)}{line.Substring(1)}");
                continue;
            }

            if (line[0] == MethodMark && service.Length == 0)
            {
                throw new LockFormatException("Expected a service before its methods, got a method without one.");
            }

            subject = LockFact.Parse(line[0] == MethodMark ? $"{LockFact.Method} {service}{line}" : line);
            service = subject.Kind == LockFact.Service ? subject.Subject : line[0] == MethodMark ? service : "";
            yield return subject;
        }
    }

    private static char MarkOf(string kind, string aspect) => aspect == Result ? ResultMark : aspect == KeyedAspectOf(kind) ? KeyMark : ' ';

    private static string AspectOf(string kind, string line) => line[0] switch
    {
        KeyMark => KeyedAspectOf(kind) + " ",
        ResultMark => Result + " ",
        _ => "",
    };

    private static string KeyedAspectOf(string kind) => kind switch
    {
        LockFact.Type => "member",
        LockFact.Enum => "value",
        LockFact.Method => "parameter",
        _ => "",
    };
}
