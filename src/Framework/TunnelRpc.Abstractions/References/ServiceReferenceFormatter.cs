using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>Passes the implementation of a contract by reference. The peer receives a stub that calls it.</summary>
/// <typeparam name="TService">The contract.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ServiceReferenceFormatter<TService> : ITunnelFormatter<TService>
    where TService : class, ITunnelService<TService>
{
    /// <summary>The shared instance.</summary>
    public static readonly ServiceReferenceFormatter<TService> Instance = new();

    private ServiceReferenceFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TService value)
    {
        ReferenceScope references = ReferenceScope.Require(writer.Scope, TService.TunnelDefinition.Name);
        TunnelServiceDefinition<TService> definition = TService.TunnelDefinition;
        writer.Write(references.Export(definition.Methods, value, definition.Bases));
    }

    /// <inheritdoc/>
    public TService Read(ref MessagePackReader reader)
    {
        ReferenceScope references = ReferenceScope.Require(reader.Scope, TService.TunnelDefinition.Name);
        long referenceId = reader.ReadInt64();
        return referenceId < 0
            ? references.GetExported<TService>(referenceId)
            : TService.TunnelDefinition.CreateStub(references.Import(referenceId));
    }
}
