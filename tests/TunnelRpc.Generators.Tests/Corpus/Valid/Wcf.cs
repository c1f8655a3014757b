using System.Runtime.Serialization;

namespace Corpus.Wcf;

// A duplex contract: the service and its callback.
[TunnelService(Name = "http://acme.example/duplex", Callback = typeof(ICalculatorDuplexCallback))]
public partial interface ICalculatorDuplex
{
    [OneWay] Task Clear();
    Task AddTo(double n);
    Task<CompositeType> GetDataUsingDataContract(CompositeType composite);
}

[TunnelService] public partial interface ICalculatorDuplexCallback { [OneWay] Task Equals(double result); [OneWay] Task Equation(string eqn); }

// The composite type of the template.
[DataContract]
public class CompositeType
{
    private bool boolValue = true;
    private string stringValue = "Hello ";

    [DataMember]
    public bool BoolValue
    {
        get { return boolValue; }
        set { boolValue = value; }
    }

    [DataMember]
    public string StringValue
    {
        get { return stringValue; }
        set { stringValue = value; }
    }

    [DataMember]
    public int Number { get; set; }
}

// Opt-in, with names.
[DataContract(Name = "customer", Namespace = "urn:acme")]
public sealed class Customer
{
    [DataMember(Name = "id", IsRequired = true)]
    public int Id { get; set; }

    [DataMember(Name = "name", EmitDefaultValue = false)]
    public string? Name { get; set; }

    public string? NotAMember { get; set; }

    internal int Internal { get; set; }
}

[TunnelService] public partial interface ICustomers { Task<Customer> GetCustomer(int id); Task<Customer[]> Find(string name, int skip, int take); }

// Order of all members.
[DataContract]
public sealed class Ordered
{
    [DataMember(Order = 2)]
    public string? Second { get; set; }

    [DataMember(Order = 1)]
    public int First { get; set; }

    [DataMember(Order = 0)]
    public List<Customer> Customers { get; set; } = [];
}

[TunnelService] public partial interface IOrders { Task<Ordered> Get(); }

// A hierarchy, which WCF declares with KnownType, and this framework with a union.
[DataContract]
[KnownType(typeof(Car))]
[KnownType(typeof(Bike))]
[TunnelUnion(0, typeof(Car))]
[TunnelUnion(1, typeof(Bike))]
public abstract class Vehicle
{
    [DataMember]
    public string Brand { get; set; } = "";
}

[DataContract]
public sealed class Car : Vehicle
{
    [DataMember]
    public int Doors { get; set; }
}

[DataContract]
public sealed class Bike : Vehicle
{
    [DataMember]
    public bool HasBell { get; set; }
}

[TunnelService] public partial interface IVehicles { Task<Vehicle> Get(); Task<Vehicle[]> All(); }

// Enums with EnumMember, and a fault contract.
[DataContract]
public enum Severity
{
    [EnumMember(Value = "none")]
    None,

    [EnumMember(Value = "bad")]
    Bad,
}

[DataContract]
public sealed class ValidationFault
{
    [DataMember]
    public Severity Severity { get; set; }

    [DataMember]
    public Dictionary<string, string[]> Errors { get; set; } = [];
}

[TunnelService] public partial interface IValidation { [TunnelFault(typeof(ValidationFault))] Task Validate(Customer customer); Task<ValidationFault> LastFault(); }

// Fields as data members, and a member that is ignored.
[DataContract]
public struct Coordinates
{
    [DataMember]
    public double Latitude;

    [DataMember]
    public double Longitude;

    public double Cached;
}

public sealed class Plain
{
    public int A { get; set; }

    [IgnoreDataMember]
    public int B { get; set; }

    [NonSerialized]
    private int _c;

    public int Next() => ++_c;
}

[TunnelService] public partial interface ICoordinates { Task<Coordinates> Get(); Task<Plain> GetPlain(); }

// A derived data contract with a private setter excluded.
[DataContract]
public class Person
{
    [DataMember]
    public string Name { get; set; } = "";

    public DateTime Loaded { get; private set; }

    [OnDeserialized]
    private void Load(StreamingContext context) => Loaded = DateTime.UnixEpoch;
}

[DataContract]
public sealed class Employee : Person
{
    [DataMember]
    public int Level { get; set; }
}

[TunnelService] public partial interface IEmployees { Task<Employee> Get(); }

public static class Values
{
    public static CompositeType Composite => new() { BoolValue = true, StringValue = "s", Number = 5 };

    public static Customer Customer => new() { Id = 1, Name = "n", NotAMember = "secret", Internal = 3 };

    public static Customer[] Customers => [Customer];

    public static Ordered Ordered => new() { First = 1, Second = "2", Customers = [Customer] };

    public static Vehicle Car => new Car { Brand = "b", Doors = 5 };

    public static Vehicle Bike => new Bike { Brand = "c", HasBell = true };

    public static Vehicle[] Vehicles => [Car, Bike];

    public static ValidationFault Fault => new() { Severity = Severity.Bad, Errors = new() { ["name"] = ["short", "odd"] } };

    public static Coordinates Coordinates => new() { Latitude = 1.5, Longitude = 2.5, Cached = 7 };

    public static Plain Plain => new() { A = 1, B = 2 };

    public static Employee Employee => new() { Name = "n", Level = 3 };
}
