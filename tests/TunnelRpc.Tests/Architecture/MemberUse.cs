using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace TunnelRpc.Tests.Architecture;

/// <summary>Finds the members of other assemblies that an assembly uses, from its metadata.</summary>
internal static class MemberUse
{
    private const byte GenericInstance = 0x15;

    /// <summary>Returns each used member as "Namespace.Type`Arity.Member".</summary>
    public static IReadOnlyCollection<string> Of(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        MetadataReader reader = file.GetMetadataReader();
        return
        [
            .. from handle in reader.MemberReferences
               let member = reader.GetMemberReference(handle)
               let type = Parent(reader, member.Parent)
               where !type.IsNil
               let reference = reader.GetTypeReference(type)
               select $"{reader.GetString(reference.Namespace)}.{reader.GetString(reference.Name)}.{reader.GetString(member.Name)}",
        ];
    }

    private static TypeReferenceHandle Parent(MetadataReader reader, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeSpecification)
        {
            BlobReader signature = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
            if (signature.ReadByte() != GenericInstance)
            {
                return default;
            }

            // Skip the byte that distinguishes a class from a value type.
            signature.ReadByte();
            parent = signature.ReadTypeHandle();
        }

        return parent.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)parent : default;
    }
}
