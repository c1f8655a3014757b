using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace TunnelRpc.Logging;

/// <summary>
/// Stands in a log, and as the cause of a failed connection, for an exception whose text has characters that a log must not contain, or is
/// too long. Its text has the types, the escaped messages and the stack traces of the exception and of its inner ones.
/// </summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "It is never thrown.")]
internal sealed class EscapedException : Exception
{
    private const int MaxDepth = 8;

    private readonly string _text;

    private EscapedException(string message, string text)
        : base(message) => _text = text;

    /// <summary>Returns the exception itself if its texts need no escaping.</summary>
    [return: NotNullIfNotNull(nameof(exception))]
    public static Exception? Wrap(Exception? exception)
    {
        if (exception is null || !NeedsEscape(exception, 0))
        {
            return exception;
        }

        var text = new StringBuilder();
        Append(text, exception, 0);
        return new EscapedException(ForeignText.Escape(exception.Message), text.ToString());
    }

    /// <inheritdoc/>
    public override string ToString() => _text;

    private static bool NeedsEscape(Exception exception, int depth) =>
        depth >= MaxDepth
        || ForeignText.NeedsEscape(exception.Message)
        || GetInner(exception).Any(inner => NeedsEscape(inner, depth + 1));

    private static void Append(StringBuilder text, Exception exception, int depth)
    {
        text.Append(exception.GetType().FullName).Append(": ").Append(ForeignText.Escape(exception.Message));
        if (depth < MaxDepth)
        {
            foreach (Exception inner in GetInner(exception))
            {
                text.AppendLine().Append(" ---> ");
                Append(text, inner, depth + 1);
                text.AppendLine().Append("   --- End of inner exception stack trace ---");
            }
        }

        if (exception.StackTrace is { } stack)
        {
            text.AppendLine().Append(stack);
        }
    }

    private static IEnumerable<Exception> GetInner(Exception exception) => exception switch
    {
        AggregateException several => several.InnerExceptions.Take(MaxDepth),
        { InnerException: { } inner } => [inner],
        _ => [],
    };
}
