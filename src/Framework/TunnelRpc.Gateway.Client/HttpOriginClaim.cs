using TunnelRpc.Gateway.Client.Claims;

namespace TunnelRpc.Gateway.Client;

/// <summary>
/// A name that a client claims at a gateway, and its public address. A singleton of the application's services, with the name as its key:
/// <c>[FromKeyedServices("shop")] HttpOriginClaim</c>; all names together as <c>IEnumerable&lt;HttpOriginClaim&gt;</c>. Thread-safe.
/// </summary>
public sealed class HttpOriginClaim
{
    private readonly Lock _gate = new();

    // Guarded by _gate. Replaced when the claim is no longer valid, so that a waiter gets the next address.
    private TaskCompletionSource<Uri> _claimed = CreateSource();
    private HttpOriginState _state;
    private Uri? _publicAddress;
    private string? _refusal;

    internal HttpOriginClaim(string name) => Name = name;

    /// <summary>
    /// Raised after each change of <see cref="State"/> or <see cref="PublicAddress"/>, one at a time. An exception of a handler is logged.
    /// </summary>
    public event EventHandler? Changed;

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The current state.</summary>
    public HttpOriginState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>The public address of the last claim, by which the gateway is reached; null before the first.</summary>
    public Uri? PublicAddress
    {
        get
        {
            lock (_gate)
            {
                return _publicAddress;
            }
        }
    }

    /// <summary>Why the last claim was refused or has failed; null after a successful one.</summary>
    public string? Refusal
    {
        get
        {
            lock (_gate)
            {
                return _refusal;
            }
        }
    }

    /// <summary>The session that holds the name; null for none. Used by <see cref="NameClaimer"/> only.</summary>
    internal string? SessionId { get; set; }

    /// <summary>Waits until the name is claimed, and returns its public address.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public Task<Uri> WaitUntilClaimedAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return _claimed.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Changes the state, and raises <see cref="Changed"/> if it differs. True if it does.</summary>
    internal bool Set(HttpOriginState state, Uri? publicAddress, string? refusal)
    {
        TaskCompletionSource<Uri>? claimed = null;
        lock (_gate)
        {
            if (_state == state && _refusal == refusal && (publicAddress is null || publicAddress == _publicAddress))
            {
                return false;
            }

            _state = state;
            _refusal = refusal;
            _publicAddress = publicAddress ?? _publicAddress;
            if (state == HttpOriginState.Claimed)
            {
                claimed = _claimed;
            }
            else if (_claimed.Task.IsCompleted)
            {
                _claimed = CreateSource();
            }
        }

        claimed?.TrySetResult(publicAddress!);
        Changed?.Invoke(this, EventArgs.Empty);
        return true;
    }

    private static TaskCompletionSource<Uri> CreateSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
