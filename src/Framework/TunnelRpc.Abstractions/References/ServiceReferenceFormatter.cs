using TunnelRpc.Serialization;
namespace TunnelRpc.References;

/// <summary>A contract's implementation, by reference: the other side gets a stub whose calls come back.</summary>
/// <typeparam name="TService">The contract.</typeparam>
public sealed class ServiceReferenceFormatter<TService> : ITunnelFormatter<TService>
    where TService : class, ITunnelService<TService>
{
    /// <summary>The one instance.</summary>
    public static readonly ServiceReferenceFormatter<TService> Instance = new();

    private ServiceReferenceFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TService value)
    {
        ReferenceScope references = ReferenceScope.Require(writer.Scope, TService.TunnelDefinition.Name);
        writer.Write(references.Export(TService.TunnelDefinition.Methods, value));
    }

    /// <inheritdoc/>
    public TService Read(ref MessagePackReader reader)
    {
        ReferenceScope references = ReferenceScope.Require(reader.Scope, TService.TunnelDefinition.Name);
        long number = reader.ReadInt64();
        return number < 0 ? references.GetExported<TService>(number) : TService.TunnelDefinition.CreateStub(references.Import(number));
    }
}
