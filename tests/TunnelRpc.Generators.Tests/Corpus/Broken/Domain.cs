namespace Corpus.Broken.Domain;

// A value object with a private constructor and a factory.
public sealed class Email
{
    private readonly string _value;

    private Email(string value) => _value = value;

    public string Value => _value;

    public static Email Parse(string text) => new(text);
}

[TunnelService] public partial interface IEmails { Task PutAsync(Email value); } // TRPC0204

// As generators of value objects write it: a struct with a private constructor.
public readonly struct CustomerId
{
    private readonly int _value; // TRPC0212

    private CustomerId(int value) => _value = value;

    public int Value => _value;

    public static CustomerId From(int value) => new(value);
}

[TunnelService] public partial interface ICustomerIds { Task PutAsync(CustomerId value); }

// An enumeration class.
public class CardType
{
    public static readonly CardType Visa = new(1, "Visa");

    protected CardType(int id, string name)
    {
        Id = id;
        Name = name;
    }

    public int Id { get; }

    public string Name { get; }
}

[TunnelService] public partial interface ICardTypes { Task PutAsync(CardType value); } // TRPC0204

// An aggregate with a state machine.
public sealed class Shipment
{
    private ShipmentState _state; // TRPC0212

    public Shipment(Guid id) => Id = id;

    public Guid Id { get; }

    public bool IsDelivered => _state == ShipmentState.Delivered;

    public void Deliver() => _state = ShipmentState.Delivered;
}

public enum ShipmentState { New, Delivered }

[TunnelService] public partial interface IShipments { Task PutAsync(Shipment value); }
