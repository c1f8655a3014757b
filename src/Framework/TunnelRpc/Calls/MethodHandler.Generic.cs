using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Starts the calls of one method, whose arguments are of a known type. Thread-safe.</summary>
/// <typeparam name="TArgs">The arguments.</typeparam>
/// <param name="formatter">Decodes the arguments.</param>
internal abstract class MethodHandler<TArgs>(ITunnelFormatter<TArgs> formatter) : MethodHandler
{
    public sealed override void Start(in IncomingCallInfo head, ReadOnlySpan<byte> arguments)
    {
        if (Authorization is not null)
        {
            IncomingCall<TArgs> call = CreateCall(head);
            call.SetUnauthorizedArguments(this, Authorization, arguments.ToArray());
            call.Begin(head);
        }
        else if (CanDecodeLater && IncomingCall.MayDecodeLater(Method, head))
        {
            IncomingCall<TArgs> call = CreateCall(head);
            call.SetDecoder(this);
            call.Begin(head, arguments.Length);
        }
        else
        {
            // Before the call is created: arguments that cannot be decoded leave nothing to release.
            TArgs decoded = Decode(arguments, head.References, out int heldBytes);
            head.Lease.Reduce(arguments.Length - heldBytes);
            IncomingCall<TArgs> call = CreateCall(head);
            call.SetArguments(decoded);
            call.Begin(head);
        }
    }

    /// <summary>Decodes the arguments of a call.</summary>
    /// <param name="encoded">The encoded arguments.</param>
    /// <param name="references">The references of the call; null for a method that passes none.</param>
    /// <param name="heldBytes">
    /// The encoded bytes of what was decoded: without those of values that the method does not have, which are skipped.
    /// </param>
    /// <exception cref="Serialization.MessagePackException">The arguments cannot be decoded.</exception>
    public TArgs Decode(ReadOnlySpan<byte> encoded, CallReferences? references, out int heldBytes)
    {
        var reader = new MessagePackReader(encoded) { Scope = references };
        try
        {
            TArgs arguments = formatter.Read(ref reader);
            heldBytes = reader.Position - reader.SkippedBytes;
            return arguments;
        }
        catch (MessagePackException error)
        {
            throw ValuePath.AddTo(error, encoded, (formatter as ArgumentTupleFormatter<TArgs>)?.Names);
        }
    }

    /// <summary>Whether the arguments of a large message can be decoded after the call was added to the stream table.</summary>
    protected virtual bool CanDecodeLater => false;

    /// <summary>Creates a call, or takes one from a pool. Its arguments are set before it begins.</summary>
    protected abstract IncomingCall<TArgs> CreateCall(in IncomingCallInfo head);
}
