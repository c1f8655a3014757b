namespace TunnelRpc;

/// <summary>
/// A broadcast failed at one session or more; at the other sessions it succeeded.
/// </summary>
/// <remarks>
/// <see cref="TunnelException.Status"/> is the status of the failures if all have the same, otherwise <see cref="TunnelStatus.Unknown"/>.
/// </remarks>
public sealed class TunnelBroadcastException : TunnelException
{
    /// <summary>The message describes at most this many failures.</summary>
    private const int MaxNamedFailures = 3;

    internal TunnelBroadcastException(string method, int called, IReadOnlyDictionary<string, Exception> failures)
        : base(StatusOf(failures.Values), Describe(method, called, failures), failures.Values.First())
    {
        Failures = failures;
    }

    /// <summary>The ids of the sessions at which the call failed, each with the exception.</summary>
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
