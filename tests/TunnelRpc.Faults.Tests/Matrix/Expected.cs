using TunnelRpc.Client;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>What must come of a transport on a path.</summary>
/// <param name="Outcome">The attempt's.</param>
/// <param name="Status">The HTTP status that refused it.</param>
/// <param name="MessageParts">What the reason must say.</param>
/// <param name="BreaksLater">Whether the path takes the small call only; the client must notice, and the call get its answer once the path is repaired, if not before.</param>
public sealed record Expected(AttemptOutcome Outcome, int? Status, string[] MessageParts, bool BreaksLater = false)
{
    /// <summary>Calls both ways, small and large.</summary>
    public static Expected Works { get; } = new(AttemptOutcome.Won, null, []);

    /// <summary>A small call works, the path dies later.</summary>
    public static Expected WorksAtFirst { get; } = new(AttemptOutcome.Won, null, [], BreaksLater: true);

    /// <summary>The transport says no by itself, at once.</summary>
    public static Expected Fails(params string[] words) => new(AttemptOutcome.Failed, null, words);

    public static Expected Refused(int status, params string[] words) => new(AttemptOutcome.Failed, status, words);

    /// <summary>The attempt's ceiling ends it.</summary>
    public static Expected TimesOut(params string[] words) => new(AttemptOutcome.TimedOut, null, words);
}
