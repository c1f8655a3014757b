namespace TunnelRpc.Calls;

/// <summary>An incoming call whose arguments are of a known type.</summary>
/// <typeparam name="TArgs">The arguments.</typeparam>
internal abstract class IncomingCall<TArgs> : IncomingCall
{
    // Set before the work is queued; then used by the work item only. Null when the method requires nothing of its callers.
    private UnauthorizedCall? _unauthorized;

    // Set before the call is in the queue of large messages: decodes the arguments of such a call.
    private MethodHandler<TArgs>? _decoder;

    /// <summary>The arguments. Decoded before <see cref="IncomingCall.InvokeAsync"/>.</summary>
    protected TArgs Arguments { get; private set; } = default!;

    /// <summary>Sets the arguments of a call that may run.</summary>
    public void SetArguments(TArgs arguments) => Arguments = arguments;

    /// <summary>Sets what decodes the arguments of a large message later.</summary>
    public void SetDecoder(MethodHandler<TArgs> decoder) => _decoder = decoder;

    /// <summary>Sets the arguments of a call that must be authorized before they are decoded.</summary>
    public void SetUnauthorizedArguments(MethodHandler<TArgs> handler, MethodAuthorization authorization, byte[] encoded) =>
        _unauthorized = new UnauthorizedCall(handler, authorization, encoded);

    /// <inheritdoc/>
    public override TunnelFilterArguments DecodeArgumentsForAuthorization()
    {
        DecodeUnauthorized(_unauthorized
            ?? throw new InvalidOperationException("The arguments are available only while the call is authorized."));
        return new FilterArguments<TArgs>(Method, Arguments);
    }

    /// <inheritdoc/>
    protected override void DecodeArguments(ReadOnlySpan<byte> arguments, out int heldBytes)
    {
        Arguments = _decoder!.Decode(arguments, references: null, out heldBytes);
        _decoder = null;
    }

    /// <summary>Drops the arguments: an ended call may stay reachable for a while.</summary>
    protected void ClearArguments() => Arguments = default!;

    /// <inheritdoc/>
    protected override MethodAuthorization? PendingAuthorization => _unauthorized?.Authorization;

    /// <inheritdoc/>
    protected override void OnAuthorized()
    {
        UnauthorizedCall call = _unauthorized!;
        DecodeUnauthorized(call);
        _unauthorized = null;
        ReduceLease(call.Encoded.Length - call.HeldBytes);
    }

    private void DecodeUnauthorized(UnauthorizedCall call)
    {
        if (call.IsDecoded)
        {
            return;
        }

        try
        {
            Arguments = call.Handler.Decode(call.Encoded, References, out int heldBytes);
            call.HeldBytes = heldBytes;
            TakeReferencesOfArguments(Id);
        }
        catch (Exception error)
        {
            // Not only MessagePackException: constructors and setters of the argument types may throw any exception.
            References?.DropImported();
            throw new TunnelException(TunnelStatus.InvalidArgument, Peer.DescribeUndecodable(Method, error), error);
        }

        call.IsDecoded = true;
    }

    private sealed class UnauthorizedCall(MethodHandler<TArgs> handler, MethodAuthorization authorization, byte[] encoded)
    {
        public MethodHandler<TArgs> Handler => handler;

        public MethodAuthorization Authorization => authorization;

        public byte[] Encoded => encoded;

        public bool IsDecoded { get; set; }

        public int HeldBytes { get; set; }
    }
}
