using System.Security.Claims;
using System.Security.Cryptography;

namespace TunnelRpc.Transports.TwoConnection;

/// <summary>A download and the upload that it waits for, or has. Thread-safe.</summary>
internal sealed class LegPair(IHttpExchange down, byte[] keyHash)
{
    private readonly TaskCompletionSource<IHttpExchange> _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // 1 once an upload came; by Interlocked.
    private int _claimed;

    /// <summary>The download.</summary>
    public IHttpExchange Down { get; } = down;

    /// <summary>Completes when the upload came.</summary>
    public Task<IHttpExchange> Up => _up.Task;

    /// <summary>Completes when nobody reads the upload any more; true when it was read to its end.</summary>
    public Task<bool> Ended => _ended.Task;

    /// <summary>Whether an upload with this key and user is this download's.</summary>
    public bool IsPartner(ReadOnlySpan<byte> hashOfKey, ClaimsPrincipal? user) => CryptographicOperations.FixedTimeEquals(hashOfKey, keyHash) & IsSameUser(Down.User, user);

    /// <summary>Makes the caller the only one who may join; false when there is one already.</summary>
    public bool TryClaim() => Interlocked.Exchange(ref _claimed, 1) == 0;

    /// <summary>Joins the upload, whose body the connection reads from now on. When the download has given up meanwhile, <see cref="Ended"/> says so.</summary>
    public void Join(IHttpExchange up) => _up.TrySetResult(up);

    /// <summary>Lets the upload's exchange go, and none join any more.</summary>
    public void End(bool uploadEnded)
    {
        _up.TrySetCanceled();
        _ended.TrySetResult(uploadEnded);
    }

    // The key is the proof; this keeps a key that leaked within one's own proxy from being used under another name.
    private static bool IsSameUser(ClaimsPrincipal? first, ClaimsPrincipal? second) => Names(first).SequenceEqual(Names(second));

    private static IEnumerable<(string?, string?, string?)> Names(ClaimsPrincipal? user)
        => (user?.Identities ?? []).Where(identity => identity.IsAuthenticated).Select(identity => (
            identity.AuthenticationType,
            identity.Name,
            (identity.FindFirst(ClaimTypes.NameIdentifier) ?? identity.FindFirst("sub"))?.Value));
}
