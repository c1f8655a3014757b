using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0103-marks-and-exclusions.md
/// <summary>
/// Finds the members that are excluded by a field and not by an attribute of their own: automatic properties whose field has an attribute,
/// as in <c>[field: NonSerialized] public int Cached { get; set; }</c>, and fields of other assemblies with [NonSerialized], which is a
/// flag in the metadata. A reference assembly has no fields of automatic properties in classes, so their exclusion is not known there.
/// </summary>
internal static class FieldExclusions
{
    /// <summary>The attributes that exclude the automatic property of a field. Other serializers do not look at its field.</summary>
    private static readonly string[] Attributes = [AttributeNames.NonSerialized, AttributeNames.TunnelIgnore];

    private static readonly HashSet<string> None = [];

    /// <summary>Returns the names of the excluded members that the type itself declares.</summary>
    public static HashSet<string> FindMembers(INamedTypeSymbol type) =>
        PlatformTypes.Contains(type) ? None
        : type.DeclaringSyntaxReferences.Length > 0 ? FindInSource(type)
        : FindInMetadata(type);

    private static HashSet<string> FindInSource(INamedTypeSymbol type) =>
    [
        .. type.GetMembers().OfType<IFieldSymbol>()
            .Where(f => f.AssociatedSymbol is IPropertySymbol && AttributeNames.Has(f, Attributes))
            .Select(f => f.AssociatedSymbol!.Name),
    ];

    private static HashSet<string> FindInMetadata(INamedTypeSymbol type)
    {
        if (type.ContainingModule?.GetMetadata() is not { } module
            || MetadataTokens.EntityHandle(type.OriginalDefinition.MetadataToken) is not { Kind: HandleKind.TypeDefinition } handle)
        {
            return None;
        }

        MetadataReader reader = module.GetMetadataReader();
        HashSet<string>? found = null;
        TypeDefinition definition = reader.GetTypeDefinition((TypeDefinitionHandle)handle);
        foreach (FieldDefinition field in definition.GetFields().Select(reader.GetFieldDefinition))
        {
            if ((field.Attributes & FieldAttributes.Static) == 0 && IsExcluded(reader, field))
            {
                string name = reader.GetString(field.Name);
                (found ??= []).Add(MetadataFields.FindOwner(name) ?? name);
            }
        }

        return found ?? None;
    }

    private static bool IsExcluded(MetadataReader reader, FieldDefinition field) =>
        (field.Attributes & FieldAttributes.NotSerialized) != 0
        || MetadataFields.AttributesOf(reader, field.GetCustomAttributes()).Any(Attributes.Contains);
}
