// The attributes of other libraries, which contracts of real applications have. The generator knows those that matter to it by their names.
namespace MessagePack
{
    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
    public sealed class MessagePackObjectAttribute(bool keyAsPropertyName = false) : Attribute
    {
        public bool KeyAsPropertyName => keyAsPropertyName;
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    public sealed class KeyAttribute : Attribute
    {
        public KeyAttribute(int x) => IntKey = x;

        public KeyAttribute(string x) => StringKey = x;

        public int? IntKey { get; }

        public string? StringKey { get; }
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    public sealed class IgnoreMemberAttribute : Attribute;

    [AttributeUsage(AttributeTargets.Constructor)]
    public sealed class SerializationConstructorAttribute : Attribute;

    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface, AllowMultiple = true)]
    public sealed class UnionAttribute(int key, Type subType) : Attribute
    {
        public int Key => key;

        public Type SubType => subType;
    }

    [AttributeUsage(AttributeTargets.All)]
    public sealed class MessagePackFormatterAttribute(Type formatterType) : Attribute
    {
        public Type FormatterType => formatterType;
    }

    public interface IMessagePackSerializationCallbackReceiver
    {
        void OnBeforeSerialize();

        void OnAfterDeserialize();
    }
}

namespace Orleans
{
    [AttributeUsage(AttributeTargets.All)]
    public sealed class GenerateSerializerAttribute : Attribute;

    [AttributeUsage(AttributeTargets.All)]
    public sealed class IdAttribute(uint id) : Attribute
    {
        public uint Id => id;
    }

    [AttributeUsage(AttributeTargets.All)]
    public sealed class ImmutableAttribute : Attribute;

    [AttributeUsage(AttributeTargets.All)]
    public sealed class AliasAttribute(string alias) : Attribute
    {
        public string Alias => alias;
    }
}

namespace Microsoft.EntityFrameworkCore
{
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class OwnedAttribute : Attribute;

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class KeylessAttribute : Attribute;

    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public sealed class IndexAttribute(params string[] propertyNames) : Attribute
    {
        public IReadOnlyList<string> PropertyNames => propertyNames;
    }
}

namespace Newtonsoft.Json
{
    [AttributeUsage(AttributeTargets.All)]
    public sealed class JsonPropertyAttribute(string? propertyName = null) : Attribute
    {
        public string? PropertyName => propertyName;
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    public sealed class JsonIgnoreAttribute : Attribute;

    public enum MemberSerialization
    {
        OptOut,
        OptIn,
        Fields,
    }

    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
    public sealed class JsonObjectAttribute(MemberSerialization memberSerialization = MemberSerialization.OptOut) : Attribute
    {
        public MemberSerialization MemberSerialization { get; set; } = memberSerialization;
    }
}

namespace ProtoBuf
{
    [AttributeUsage(AttributeTargets.All)]
    public sealed class ProtoContractAttribute : Attribute
    {
        public ImplicitFields ImplicitFields { get; set; }
    }

    public enum ImplicitFields
    {
        None,
        AllPublic,
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    public sealed class ProtoMemberAttribute(int tag) : Attribute
    {
        public int Tag => tag;
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    public sealed class ProtoIgnoreAttribute : Attribute;
}

namespace MemoryPack
{
    [AttributeUsage(AttributeTargets.All)]
    public sealed class MemoryPackableAttribute : Attribute;

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    public sealed class MemoryPackIgnoreAttribute : Attribute;
}
