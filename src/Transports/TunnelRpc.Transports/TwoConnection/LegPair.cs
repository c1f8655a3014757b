using System.Security.Claims;
using System.Security.Cryptography;

namespace TunnelRpc.Transports.TwoConnection;

/// <summary>A download and the upload that it waits for, or has. Thread-safe.</summary>
internal sealed class LegPair(IHttpExchange down, byte[] keyHash)
{
    private readonly TaskCompletionSource<IHttpExchange> _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The download.</summary>
    public IHttpExchange Down { get; } = down;

    /// <summary>Completes when the upload came.</summary>
    public Task<IHttpExchange> Up => _up.Task;

    /// <summary>Completes when nobody reads the upload any more; true when it was read to its end.</summary>
    public Task<bool> Ended => _ended.Task;

    /// <summary>Whether an upload with this key and user is this download's.</summary>
    public bool IsPartner(ReadOnlySpan<byte> hashOfKey, ClaimsPrincipal? user) => CryptographicOperations.FixedTimeEquals(hashOfKey, keyHash) & IsSameUser(Down.User, user);

    /// <summary>Joins the upload; false when there is one already, or the download has given up.</summary>
    public bool TryJoin(IHttpExchange up) => _up.TrySetResult(up);

    /// <summary>Gives up waiting; false when the upload came just now.</summary>
    public bool TryGiveUp() => _up.TrySetCanceled();

    /// <summary>Lets the upload's exchange go.</summary>
    public void End(bool uploadEnded) => _ended.TrySetResult(uploadEnded);

    // The key is the proof; this keeps a key that leaked within one's own proxy from being used under another name.
    private static bool IsSameUser(ClaimsPrincipal? first, ClaimsPrincipal? second) => Names(first).SequenceEqual(Names(second));

    private static IEnumerable<(string?, string?, string?)> Names(ClaimsPrincipal? user)
        => (user?.Identities ?? []).Where(identity => identity.IsAuthenticated).Select(identity => (
            identity.AuthenticationType,
            identity.Name,
            (identity.FindFirst(ClaimTypes.NameIdentifier) ?? identity.FindFirst("sub"))?.Value));
}
