namespace TunnelRpc;

/// <summary>
/// A call to several sessions failed at some of them; at the others it has succeeded. Its status is theirs where they
/// agree, and <see cref="TunnelStatus.Unknown"/> where not.
/// </summary>
public sealed class TunnelBroadcastException : TunnelException
{
    /// <summary>As many are named in the message.</summary>
    private const int MaxNamedFailures = 3;

    internal TunnelBroadcastException(string method, int called, IReadOnlyDictionary<string, Exception> failures)
        : base(StatusOf(failures.Values), Describe(method, called, failures), failures.Values.First())
    {
        Failures = failures;
    }

    /// <summary>The sessions at which it failed, each with the reason.</summary>
    public IReadOnlyDictionary<string, Exception> Failures { get; }

    private static TunnelStatus StatusOf(IEnumerable<Exception> errors)
    {
        TunnelStatus[] different = [.. errors.Select(StatusOf).Distinct().Take(2)];
        return different is [var one] ? one : TunnelStatus.Unknown;
    }

    private static TunnelStatus StatusOf(Exception error) => error switch
    {
        TunnelException failed => failed.Status,
        OperationCanceledException => TunnelStatus.Cancelled,
        _ => TunnelStatus.Internal,
    };

    private static string Describe(string method, int called, IReadOnlyDictionary<string, Exception> failures)
    {
        string named = string.Join("; ", failures.Take(MaxNamedFailures).Select(f => $"{f.Key}: {f.Value.Message}"));
        string more = failures.Count > MaxNamedFailures ? $"; and {failures.Count - MaxNamedFailures} more" : "";
        return $"{method} failed at {failures.Count} of {called} sessions: {named}{more}";
    }
}
